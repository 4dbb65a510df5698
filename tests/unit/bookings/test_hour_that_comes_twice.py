"""Starts in the hour that comes twice when clocks go back: Clinicea's form does not tell which one is meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

import pytest

from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.reconcile import Reconciler
from convox_clinicea.bookings.worker import Done
from convox_clinicea.deadline import Deadline
from convox_clinicea.deployment_documents import Clinics
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import known_request
from tests.support.callbacks import booking_of, takes

LONDON = ZoneInfo("Europe/London")
FIRST, SECOND = (datetime(2031, 10, 26, hour, 30, tzinfo=UTC) for hour in (0, 1))
"""Half past one in London, before and after the clocks have gone back."""
BOTH = pytest.mark.parametrize("start", [FIRST, SECOND], ids=["first", "second"])
POST = "postAppointmentByPatientID"


class London(Bench):
    BEGINS: ClassVar = datetime(2031, 10, 24, 12, tzinfo=UTC)
    TIME_ZONE: ClassVar = "Europe/London"
    CALL_TABLE: ClassVar = {"schema": 2, "times": {"writing_zone": "utc"}}


@pytest.fixture
def bench() -> Bench:
    london = London()
    london.fake.switch(writing_zone="utc")
    london.patient()
    return london


@BOTH
def test_a_canary_there_is_right_and_stops_nothing(bench: Bench, start: datetime) -> None:
    bench.worker = bench.another_worker(canary=bench.canary())

    booked = bench.ends(bench.accept(start=start))

    assert (booked.state, booked.reason) == (State.BOOKED, None)
    other = bench.fake.add_patient(**invented.patient(patient_id="P-51"))
    assert isinstance(bench.work(bench.accept(known_request(patient_id=other, start=start))), Done)


@BOTH
def test_what_stands_there_is_found_and_not_made_again(bench: Bench, start: datetime) -> None:
    booking = bench.accept(start=start)
    bench.fake.fault(POST, "timeout_after", count=1)
    bench.waits(booking)

    booked = bench.settles(booking)

    assert (booked.state, booked.reason) == (State.BOOKED, None)
    assert len(bench.fake.standing()) == bench.fake.posted() == 1


@BOTH
def test_what_was_made_there_by_hand_is_already_there(bench: Bench, start: datetime) -> None:
    wanted = known_request(start=start).for_clinicea(reference="front desk")
    bench.clinicea.post_appointment_by_patient_id("P-41", wanted, Deadline.after(bench.clock, 10))

    assert bench.ends(bench.accept(start=start)).reason is Reason.ALREADY_THERE


@BOTH
def test_what_stands_there_has_not_been_moved(bench: Bench, start: datetime) -> None:
    bench.ends(bench.accept(start=start))
    clinics = Clinics.from_document({"schema": 1}, "Europe/London")

    day = start.astimezone(LONDON).date()
    assert (
        Reconciler(bench.ledger, bench.clinicea, clinics).compare(day, Deadline.after(bench.clock, 60)).discrepancies
        == ()
    )


@BOTH
def test_a_wish_for_it_is_one_wish_through_either_door(bench: Bench, start: datetime) -> None:
    """To Python, a time of a zone that comes twice equals none of another zone, the same instant included."""
    booked = bench.ends(bench.accept(start=start))

    assert booking_of(takes(bench, known_request(start=start.astimezone(LONDON)))).booking_id == booked.booking_id


def test_an_appointment_lasts_as_long_as_it_was_asked_for(bench: Bench) -> None:
    request = known_request(start=FIRST.astimezone(LONDON), duration_minutes=60)

    assert request.end.astimezone(UTC) - request.start.astimezone(UTC) == timedelta(hours=1)
