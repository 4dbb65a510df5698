"""What goes by the calendar, at moments when calendars are difficult: the functions with an injected clock."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from commands.event import NAMES, event
from convox_clinicea.bookings.drafting import FURTHEST_AHEAD
from convox_clinicea.bookings.nights import is_due
from local.clinicea import FakeClinicea, ManualClock, seed_sample
from local.deploy import Stack
from local.trying import how_to_try
from tests.support import events
from tests.support.bookings import known_body
from tests.support.clock import VirtualClock
from tests.support.deployment import Deployment


class Moment(NamedTuple):
    """A moment of the world, and the zone of the clinics that it is difficult for."""

    utc: datetime
    zone: str


def moment(text: str, zone: str = "Asia/Kolkata") -> Moment:
    return Moment(datetime.fromisoformat(text).replace(tzinfo=UTC), zone)


MOMENTS = {
    "an appointment's hour in India": moment("2026-12-01T05:30"),
    "a leap day": moment("2028-02-29T12:00"),
    "the last minute of a year": moment("2026-12-31T23:59"),
    "the last minute of a year in India": moment("2026-12-31T18:29"),
    "before London's clocks go forward": moment("2027-03-28T00:30", "Europe/London"),
    "before London's clocks go back": moment("2026-10-25T00:30", "Europe/London"),
    "before New York's clocks go forward": moment("2027-03-14T06:30", "America/New_York"),
    "before New York's clocks go back": moment("2026-11-01T05:30", "America/New_York"),
}


@pytest.fixture(params=list(MOMENTS.values()), ids=list(MOMENTS))
def when(request: pytest.FixtureRequest) -> Moment:
    found: Moment = request.param
    return found


@pytest.fixture
def then(deployment: Deployment, when: Moment, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """The deployment at that moment."""
    deployment.configure(TIME_ZONE=when.zone)
    for name in NAMES:
        monkeypatch.setattr(deployment.function(name).module.function, "clock", VirtualClock(when.utc))
    return deployment


def booked(deployment: Deployment, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = deployment.book_known("P-41", body)
    return answer.status, answer.body


def test_each_sample_event_is_answered(then: Deployment, when: Moment) -> None:
    for name in NAMES:
        result = then.function(name).invoke(event(name, when.utc), seconds=60)

        if "statusCode" in result:
            assert result["statusCode"] == (404 if name == "booking_status" else result["statusCode"]), result
            assert result["statusCode"] in (200, 202, 404), (name, result["body"])
        assert "errorType" not in result


def test_printed_sample_can_be_booked_in_any_time_zone(then: Deployment, when: Moment) -> None:
    stack = Stack("http://api", "token", "Access-Token", "http://clinicea", "http://aws", "ledger", "queue", "dead")
    texts = set()
    with pytest.MonkeyPatch.context() as machine:
        for zone in ("UTC", "Pacific/Honolulu", "Pacific/Auckland"):
            machine.setenv("TZ", zone)
            time.tzset()
            texts.add(how_to_try(stack, Path("stack.json"), when.utc))
    time.tzset()
    (text,) = texts

    bodies = [json.loads(each) for each in re.findall(r"-d '(\{[^']*\})'", text)]
    (known,) = [each for each in bodies if "start" in each]
    (ended,) = [each for each in bodies if "appointment_date" in each]
    assert booked(then, known)[0] == 202
    assert then.call_status(ended).status == 202


def test_the_horizon_is_365_days_to_the_second(then: Deployment, when: Moment) -> None:
    for number, (start, status) in enumerate(
        {
            when.utc: 400,
            when.utc + timedelta(seconds=1): 202,
            when.utc + FURTHEST_AHEAD: 202,
            when.utc + FURTHEST_AHEAD + timedelta(seconds=1): 400,
        }.items()
    ):
        body = known_body(start=start.isoformat(), call_id=f"CALL-{number}")
        assert booked(then, body)[0] == status, start


def test_nightly_comparison_runs_once_a_day_in_the_clinics_zone(then: Deployment, when: Moment) -> None:
    then.function("reconcile").invoke(events.scheduled("rule", when.utc), seconds=300)
    then.function("reconcile").invoke(events.scheduled("rule", when.utc), seconds=300)

    (night,) = [item for item in then.stack.items() if item["pk"]["S"] == "reconcile"]
    began = datetime.fromisoformat(night["begun_at"]["S"])
    assert began == datetime.fromisoformat(night["since"]["S"]) + timedelta(days=2)
    assert not is_due(began, when.utc, ZoneInfo(when.zone))
    assert is_due(began, when.utc + timedelta(days=1), ZoneInfo(when.zone))


def test_the_sample_patients_visits_go_by_the_clock(when: Moment) -> None:
    fake = FakeClinicea(ManualClock(when.utc), fill=seed_sample)

    today = when.utc.astimezone(ZoneInfo("Asia/Kolkata")).date()
    days = {each.appointment_id: (each.start.date() - today).days for each in fake.store.appointments.values()}
    assert (days["A-02"], days["A-06"]) == (-30, 14)
