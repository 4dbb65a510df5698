"""Schedules of the clinics document, as `connector check-config` judges them: problems, and remarks."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from commands.__main__ import main
from commands.schedule_remarks import remarks
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.schedules import Schedules
from tests.support.documents import written
from tests.support.places import nowhere

WEEK = {"mon": ["09:00-13:00", "14:00-18:00"]}
PLACE = "clinics.0.schedule"

WRONG: dict[str, tuple[Any, str]] = {
    "no object": ([], f"{PLACE}: must be an object"),
    "an unknown field": (
        {"holidays": []},
        f"{PLACE}.holidays: is not known here; known are hours, special_days, practitioners, services, grid_minutes",
    ),
    "no time": (
        {"hours": {"mon": ["9-17"]}},
        f"{PLACE}.hours.mon.0: must be two times of one day, such as 09:00-13:00",
    ),
    "no list": ({"hours": {"mon": "09:00-17:00"}}, f"{PLACE}.hours.mon: must be a list"),
    "past midnight": ({"hours": {"mon": ["20:00-02:00"]}}, f"{PLACE}.hours.mon.0: is empty: the second time"),
    "an overlap": (
        {"hours": {"mon": ["09:00-13:00", "12:30-18:00"]}},
        f"{PLACE}.hours.mon: 09:00-13:00 and 12:30-18:00 overlap",
    ),
    "no break": (
        {"hours": {"mon": ["09:00-13:00", "13:00-18:00"]}},
        f"{PLACE}.hours.mon: 09:00-13:00 and 13:00-18:00 have no break between them",
    ),
    "never open": ({"hours": {"mon": []}}, f"{PLACE}.hours: is empty: no day has hours"),
    "no date": ({"special_days": [{"first": "25/12/2031"}]}, f"{PLACE}.special_days.0.first: must be a valid date"),
    "days in the wrong order": (
        {"special_days": [{"first": "2031-12-25", "last": "2031-12-24"}]},
        f"{PLACE}.special_days.0: is empty or too long",
    ),
    "a day twice": (
        {"special_days": [{"first": "2031-12-24", "last": "2031-12-26"}, {"first": "2031-12-26"}]},
        f"{PLACE}.special_days: two entries overlap on 2031-12-26",
    ),
    "a practitioner twice": (
        {"practitioners": [{"practitioner_id": "dr-1"}, {"practitioner_id": "dr-1"}]},
        f"{PLACE}: listed more than once: dr-1",
    ),
    "a service twice": (
        {"services": [{"name": "Follow-up", "minutes": 20}, {"name": "FOLLOW-UP", "minutes": 30}]},
        f"{PLACE}: listed more than once: follow-up",
    ),
    "a service that nobody gives": (
        {"services": [{"name": "Follow-up", "minutes": 20, "practitioners": []}]},
        f"{PLACE}.services.0.practitioners: must have at least 1 item",
    ),
    "a service of somebody unknown": (
        {"services": [{"name": "Follow-up", "minutes": 20, "practitioners": ["dr-9"]}]},
        f"{PLACE}: service Follow-up: not among the practitioners: dr-9",
    ),
    "a service without a length": (
        {"services": [{"name": "Follow-up", "minutes": 0}]},
        f"{PLACE}.services.0.minutes: must be greater than or equal to 5",
    ),
    "a practitioner's hours": (
        {"practitioners": [{"practitioner_id": "dr-1", "hours": {"tues": []}}]},
        f"{PLACE}.practitioners.0.hours.tues: is not known here; known are mon, tue, wed, thu, fri, sat, sun",
    ),
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere(tmp_path, monkeypatch)


def document(schedule: Any, **more: Any) -> dict[str, Any]:
    return {"schema": 1, "clinics": [{"clinic_id": "C-01", "schedule": schedule, **more}]}


def remarks_on(schedule: dict[str, Any], zone: str = "Asia/Kolkata", today: str = "2031-01-01") -> list[str]:
    clinics = Clinics.from_document(document(schedule), zone)
    return remarks(clinics, Schedules.from_clinics(clinics), date.fromisoformat(today))


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_schedule_is_told_by_place_and_in_words(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schedule, told = WRONG[case]

    assert main(["check-config", "--clinics", written(tmp_path, document(schedule))]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith(f"    {told}") for line in lines), lines


def test_a_remark_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schedule = {"hours": WEEK, "services": [{"name": "Surgery", "minutes": 300}]}
    path = written(tmp_path, document(schedule))

    assert main(["check-config", "--clinics", path]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["check-config", "--json", "--clinics", path]) == 0
    (clinics,) = [each for each in json.loads(capsys.readouterr().out)["documents"] if each["name"] == "clinics"]

    told = "C-01: Surgery takes 300 minutes, and the longest hours have 240"
    assert f"clinics    {path}: in order (1 clinics, 0 of them with a time zone, 1 with a schedule)" in lines
    assert f"    remark: {told}" in lines
    assert (clinics["problems"], clinics["remarks"]) == ([], [told])


def test_hours_that_clocks_skip_are_told_in_the_stack_s_zone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schedule = {"hours": {"sun": ["02:30-06:00"]}}
    path = written(tmp_path, document(schedule))

    for zone, skips in (("America/New_York", True), ("Asia/Kolkata", False), ("Nowhere/Town", False)):
        assert main(["check-config", "--clinics", path, f"TimeZone={zone}"]) == 0
        assert ("clocks skip 02:00 to 03:00" in capsys.readouterr().out) is skips


@pytest.mark.parametrize(
    ("span", "told"), [("00:00-02:00", False), ("02:00-02:30", True), ("01:00-02:30", True), ("03:00-09:00", False)]
)
def test_only_hours_that_the_skip_shortens_are_told(span: str, *, told: bool) -> None:
    found = remarks_on({"hours": {"sun": [span]}}, "America/New_York")

    sentence = f"C-01: {span} on Sun 2031-03-09: clocks skip 02:00 to 03:00, so these hours are shorter on that day"
    assert found == ([sentence] if told else [])


def test_a_practitioner_s_and_a_special_day_s_are_told_too() -> None:
    doctor = {"practitioner_id": "dr-1", "hours": {"sun": ["02:15-02:45"]}}
    special = [{"first": "2031-03-09", "hours": ["02:00-12:00"]}]

    found = remarks_on({"special_days": special, "practitioners": [doctor]}, "America/New_York")

    assert [each.partition(" on ")[0] for each in found] == ["C-01: 02:00-12:00", "C-01: dr-1 02:15-02:45"]


def test_a_practitioner_who_is_never_in_is_told() -> None:
    doctor = {"practitioner_id": "dr-1", "hours": {"mon": ["13:00-14:00"]}}

    assert remarks_on({"hours": WEEK, "practitioners": [doctor]}) == [
        "C-01: dr-1 is never in while the clinic is open: the hours have nothing in common"
    ]
    assert remarks_on({"practitioners": [doctor]}) == []
