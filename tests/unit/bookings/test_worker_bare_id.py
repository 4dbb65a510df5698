"""An answer that does not show the appointment: the calendar has to, before the booking counts as booked."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from convox_clinicea.bookings.protocol import ProtocolTimings, Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.worker import Done
from tests.support.bench import Bench
from tests.support.bookings import START, known_request, new_request

POST, POST_NEW = "postAppointmentByPatientID", "postAppointment"
LOOK = "getAppointmentsByPatient"
FLOWS = pytest.mark.parametrize("new", [False, True], ids=["known patient", "new patient"])


def accepted(bench: Bench, *, new: bool = False, start: datetime = START) -> Booking:
    """Accept a booking of a Clinicea that answers with bare ids."""
    bench.fake.switch(created_answer="bare", guid_ids=True)
    if new:
        return bench.accept(new_request(start=start))
    bench.patient()
    return bench.accept(known_request(start=start))


@FLOWS
def test_a_bare_id_is_booked_once_the_calendar_shows_it(bench: Bench, new: bool) -> None:
    booking = accepted(bench, new=new)

    outcome = bench.work(booking)

    booked = bench.now(booking)
    assert outcome == Done(booked, ended_here=True)
    assert booked.state is State.BOOKED
    (appointment,) = bench.fake.standing()
    assert (booked.appointment_id, booked.patient_id) == (appointment["appointment_id"], appointment["patient_id"])
    calls = [call for call, _ in bench.transport.sent]
    assert LOOK in calls[calls.index(POST_NEW if new else POST) :]


@FLOWS
@pytest.mark.parametrize("switch", [{"shift_zones": 330}, {"shift_zones": -330}, {"round_starts": 60}])
def test_bare_id_at_another_start_is_not_booked(bench: Bench, new: bool, switch: dict[str, int]) -> None:
    bench.fake.switch(**switch)
    booking = accepted(bench, new=new, start=START + timedelta(minutes=20))

    parked = bench.ends(booking)

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN)
    assert bench.fake.posted() == len(bench.fake.standing()) == 1


def test_bare_id_shown_late_by_the_calendar_is_booked_soon_after(bench: Bench) -> None:
    bench.fake.switch(read_lag_seconds=5)
    booking = accepted(bench)
    posted_at = bench.clock.now()

    booked = bench.ends(booking)

    assert booked.state is State.BOOKED
    assert booked.appointment_id == bench.fake.standing()[0]["appointment_id"]
    assert bench.clock.now() - posted_at < timedelta(seconds=20)
    assert bench.fake.posted() == 1


def test_bare_id_never_shown_is_parked_and_not_posted_again(bench: Bench) -> None:
    bench.fake.switch(read_lag_seconds=86_400)
    booking = accepted(bench)
    posted_at = bench.clock.now()

    parked = bench.ends(booking)

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN)
    assert bench.clock.now() - posted_at > ProtocolTimings().settle
    assert bench.fake.posted() == 1


def test_a_person_who_has_looked_may_send_it_again(bench: Bench) -> None:
    bench.fake.switch(read_lag_seconds=86_400)
    parked = bench.ends(accepted(bench))
    bench.fake.cancel(bench.fake.standing()[0]["appointment_id"])
    bench.fake.switch(read_lag_seconds=0)

    again = bench.ledger.move(bench.now(parked), State.ACCEPTED, redriven_at=bench.clock.now())
    booked = bench.ends(again)

    assert booked.state is State.BOOKED
    assert [each["appointment_id"] for each in bench.fake.standing()] == [booked.appointment_id]


def test_bare_id_that_cannot_be_read_back_is_booked_later(bench: Bench) -> None:
    booking = accepted(bench)
    bench.transport.before[POST] = lambda: bench.fake.fault(LOOK, "html", count=5)

    wait = bench.waits(booking)

    assert wait.cause is not None
    assert bench.now(booking).state is State.UNKNOWN
    assert bench.ends(booking).state is State.BOOKED
    assert bench.fake.posted() == 1


@FLOWS
def test_without_read_backs_a_bare_id_is_believed(bench: Bench, new: bool) -> None:
    bench.worker = bench.another_worker(read_backs=False)

    booked = bench.ends(accepted(bench, new=new))

    assert booked.state is State.BOOKED
    assert LOOK not in [call for call, _ in bench.transport.sent]
