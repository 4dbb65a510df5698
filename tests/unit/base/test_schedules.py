"""Schedules of the clinics document: hours of a day, and what clocks skip."""

from __future__ import annotations

import contextlib
import json
import re
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.schedule_remarks import remarks
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.errors import ConfigurationError
from convox_clinicea.schedules import Schedule, Schedules, Span, first_instant, instants_at, skipped_at
from tests.support.properties import PROPERTY, json_values
from tests.support.template import ROOT

NEW_YORK = ZoneInfo("America/New_York")
SUNDAY = date(2031, 3, 9)
"""Clocks in New York skip 02:00 to 03:00."""
MONDAY = date(2031, 3, 10)
HOLIDAY = date(2031, 3, 12)
SCHEDULE = {
    "hours": {"mon": ["14:00-18:00", "09:00-13:00"], "wed": ["09:00-13:00"], "thu": ["09:00-24:00"]},
    "special_days": [
        {"first": "2031-03-12", "last": "2031-03-13", "name": "Invented holiday"},
        {"first": "2031-03-16", "hours": ["10:00-12:00"]},
    ],
    "practitioners": [
        {"practitioner_id": "dr-1", "hours": {"mon": ["11:00-15:00"], "sun": ["08:00-11:00"]}},
        {"practitioner_id": "dr-2", "special_days": [{"first": "2031-03-10"}]},
    ],
    "services": [
        {"name": "Follow-up", "minutes": 20},
        {"name": "First visit", "minutes": 45, "practitioners": ["dr-1"]},
    ],
}


def clinics(schedule: Any, **more: Any) -> Clinics:
    return Clinics.from_document({"schema": 1, "clinics": [{"clinic_id": "C-1", "schedule": schedule} | more]}, "UTC")


def schedule(**parts: Any) -> Schedule:
    found = Schedules.from_clinics(clinics(SCHEDULE | parts)).get("C-1")
    assert found is not None
    return found


def hours(day: date, practitioner_id: str | None = None) -> list[str] | None:
    spans = schedule().open_spans(day, practitioner_id)
    return None if spans is None else [str(each) for each in spans]


class TestHours:
    def test_a_break_is_between_two_spans(self) -> None:
        assert hours(MONDAY) == ["09:00-13:00", "14:00-18:00"]

    def test_a_day_that_is_left_out_is_closed(self) -> None:
        assert hours(date(2031, 3, 11)) == []

    def test_special_days_are_closed_or_have_hours_of_their_own(self) -> None:
        assert (hours(HOLIDAY), hours(date(2031, 3, 13))) == ([], [])
        assert hours(date(2031, 3, 16)) == ["10:00-12:00"]
        assert hours(date(2031, 3, 20)) == ["09:00-24:00"]

    def test_a_practitioner_is_in_only_while_the_clinic_is_open(self) -> None:
        assert hours(MONDAY, "dr-1") == ["11:00-13:00", "14:00-15:00"]
        assert hours(date(2031, 3, 16), "dr-1") == ["10:00-11:00"]
        assert hours(HOLIDAY, "dr-1") == []

    def test_one_without_hours_is_in_except_on_special_days(self) -> None:
        assert (hours(MONDAY, "dr-2"), hours(date(2031, 3, 17), "dr-2")) == ([], ["09:00-13:00", "14:00-18:00"])

    def test_one_who_is_not_listed_has_the_clinic_s(self) -> None:
        assert hours(MONDAY, "dr-9") == hours(MONDAY)

    def test_unknown_hours_are_not_closed_ones(self) -> None:
        found = schedule(hours=None, special_days=[])
        assert found.open_spans(MONDAY) is None
        assert found.open_spans(MONDAY, "dr-1") == [Span(660, 900)]
        assert Schedules.from_clinics(clinics(None)).get("C-1") is None

    def test_services_are_found_as_people_write_them(self) -> None:
        found = schedule().service(" follow-UP ")
        assert found is not None
        assert found.minutes == 20
        assert schedule().service("Surgery") is None
        assert schedule().service(None) is None
        assert schedule().practitioner(None) is None


class TestClocks:
    @pytest.mark.parametrize(("minute", "count"), [(119, 1), (120, 0), (179, 0), (180, 1), (1440, 1)])
    def test_a_skipped_minute_has_no_instant(self, minute: int, count: int) -> None:
        assert len(instants_at(SUNDAY, minute, NEW_YORK)) == count

    def test_a_minute_that_comes_twice_has_two(self) -> None:
        assert [each.hour for each in instants_at(date(2031, 11, 2), 90, NEW_YORK)] == [5, 6]

    def test_what_is_skipped_is_told(self) -> None:
        assert skipped_at(SUNDAY, 150, NEW_YORK) == Span(120, 180)
        assert skipped_at(SUNDAY, 119, NEW_YORK) is None

    def test_a_skipped_hour_begins_where_the_skip_ends(self) -> None:
        assert first_instant(SUNDAY, 150, NEW_YORK) == datetime(2031, 3, 9, 7, tzinfo=UTC)
        assert first_instant(SUNDAY, 200, NEW_YORK) == datetime(2031, 3, 9, 7, 20, tzinfo=UTC)

    def test_a_whole_day_may_be_skipped(self) -> None:
        assert skipped_at(date(2011, 12, 30), 600, ZoneInfo("Pacific/Apia")) == Span(0, 1440)

    def test_midnight_may_be_skipped(self) -> None:
        assert skipped_at(date(2022, 9, 11), 0, ZoneInfo("America/Santiago")) == Span(0, 60)


def test_the_documents_example_is_one() -> None:
    page = (ROOT / "docs" / "clinicea.md").read_text("utf-8")
    (example,) = re.findall(r"```json\n(\{(?:(?!```).)*?\"schedule\".*?\})\n```", page, re.DOTALL)
    known = Clinics.from_document(json.loads(example), "UTC")

    found = Schedules.from_clinics(known).get("C-01")

    assert found is not None
    assert {*json.loads(example)["clinics"][0]["schedule"]} == {*Schedule.model_fields}, "with each part"
    assert remarks(known, Schedules.from_clinics(known), MONDAY) == []


class TestWrongSchedules:
    def test_it_stops_neither_look_ups_nor_bookings(self) -> None:
        wrong = clinics({"hours": {"mon": ["nine to five"]}})

        assert wrong.get("C-1") is not None
        with pytest.raises(ConfigurationError, match=r"clinics\.0\.schedule\.hours\.mon\.0: must be two times"):
            Schedules.from_clinics(wrong)

    @PROPERTY
    @given(st.dictionaries(st.sampled_from([*SCHEDULE, "grid_minutes", "x"]), json_values))
    def test_any_schedule_is_one_or_a_configuration_error(self, written: dict[str, Any]) -> None:
        with contextlib.suppress(ConfigurationError):
            assert Schedules.from_clinics(clinics(written)).get("C-1") is not None
