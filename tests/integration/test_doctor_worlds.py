"""In each world: `./connector doctor` on a new stack writes a table, the stack gets it, and a whole sample call passes.

Functions and worker run as they are deployed, with nothing but the written table. No instant is off: not in the sample
call, not about midnight, and not on either side of a change of clocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from local.clinicea.testing import RunningFake, running_fake
from local.clinicea.worlds import WORLDS
from local.sample_call import SampleCall
from tests.support.account import Stack, document
from tests.support.deployment import Deployment
from tests.support.doctor import ABOUT_MEERA, MEERAS_ID, START, DoctorRunner
from tests.support.in_process_api import InProcessApi

SUMMER = date(START.year + 1, 7, 15)
"""Ahead of the wall clock, on a day on which no clinic here is at UTC."""
WITH_DOCUMENTS = {"bodies"}
"""Worlds whose table a document has to tell; without one, a person answers (tests/contract/test_doctor_worlds.py)."""
MORE = {"staff-elsewhere": ("--staff-zone", "Asia/Dubai")}
SUMMER_TIME = "America/New_York"
ZONES = [
    *((name, world.time_zone) for name, world in WORLDS.items()),
    *((name, SUMMER_TIME) for name in ("evidence", "utc-writes", "modern", "strict", "staff-elsewhere")),
]
"""Each world in its own time zone, and those that differ in how times go over the wire in one with summer time."""


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> DoctorRunner:
    return DoctorRunner(capsys, monkeypatch, tmp_path)


def edges(zone: ZoneInfo) -> Iterator[datetime]:
    """Starts about midnight, and about each change of clocks within 300 days."""
    today = datetime.now(UTC).astimezone(zone).date()
    changes = []
    for ahead in range(4, 300):
        day = today + timedelta(days=ahead)
        noons = [datetime(each.year, each.month, each.day, 12, tzinfo=zone) for each in (day, day + timedelta(days=1))]
        if noons[0].utcoffset() != noons[1].utcoffset():
            changes.append(day + timedelta(days=1))
    for day in (today + timedelta(days=6), *changes):
        for hour, minute in ((0, 0), (4, 30), (23, 30)):
            yield datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)


def book_edges(api: InProcessApi, fake: RunningFake, zone: ZoneInfo) -> None:
    for number, start in enumerate(edges(zone)):
        wish = {"clinic_id": "C-01", "start": start.isoformat(), "call_id": f"edge-{number}", "agent_id": "a"}
        accepted = api.call("POST", f"/patients/{MEERAS_ID}/appointments", wish)
        assert accepted.status == 202, accepted.body
        for _ in range(5):
            now = api.call("GET", f"/bookings/{accepted.body['booking_id']}").body
            if now["state"] in ("booked", "rejected", "needs_attention"):
                break
        assert now["state"] == "booked", now
        (made,) = [each for each in fake.standing() if each["appointment_id"] == now["appointment_id"]]
        assert datetime.fromisoformat(made["start"]) == start


@pytest.mark.parametrize(("name", "time_zone"), ZONES)
def test_stack_with_the_written_table_plays_the_sample_call(
    name: str, time_zone: str, doctor: DoctorRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, zone = WORLDS[name], ZoneInfo(time_zone)
    with running_fake(sample=True, time_zone=time_zone, switches=world.switches) as fake:
        if name not in WITH_DOCUMENTS:
            fake.fault("swagger", "status", status=404)
        visit = min(each["start"] for each in fake.appointments() if each["patient_id"] == MEERAS_ID)[:16]
        report = doctor(
            *(fake.url, *ABOUT_MEERA, "--time-zone", time_zone, "--authentication", world.authentication),
            *("--clinic", "C-01", "--service", "Consultation", "--known-visit", visit),
            *("--book-test", "--start", f"{SUMMER}T10:00", "--yes", *MORE.get(name, ())),
        )
        deployment = Deployment(Stack.create(), fake, monkeypatch)
        table = document(report.table) if report.table else ""
        deployment.configure(CALL_TABLE=table, TIME_ZONE=time_zone, CLINICEA_AUTHENTICATION=world.authentication)
        api = InProcessApi(deployment)

        SampleCall(api, fake, new_patients=world.new_patients, zone=zone).play()

        fake.switch(read_lag_seconds=0)
        book_edges(api, fake, zone)
        compared = deployment.function("reconcile").invoke({}, seconds=300.0)
        assert (compared["discrepancies"], compared["unread"], compared["after"]) == ([], [], None)
        assert compared["compared"] >= 5
