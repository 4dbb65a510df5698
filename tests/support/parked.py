"""Bookings that wait for a person, and the person."""

from __future__ import annotations

from convox_clinicea.bookings.audit import Person
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking
from tests.support.bench import Bench

PERSON = Person("arn:aws:iam::123456789012:user/front-desk", "looked at the calendar")


def parked(bench: Bench) -> Booking:
    """Too old to go on, and never posted."""
    bench.patient()
    booking = bench.accept()
    bench.clock.advance(minutes=13 * 60)
    booking = bench.ends(booking)
    assert (booking.state, booking.reason, booking.posted) == (State.NEEDS_ATTENTION, Reason.AGE_LIMIT, False)
    return bench.now(booking)


def parked_in_doubt(bench: Bench, kind: str = "timeout_before") -> Booking:
    """Posted, and too old to go on before anybody could say what became of it."""
    bench.patient()
    booking = bench.accept()
    bench.fake.fault("postAppointmentByPatientID", kind, count=1)
    bench.waits(booking)
    bench.clock.advance(minutes=13 * 60)
    booking = bench.ends(booking)
    assert (booking.state, booking.reason, booking.posted) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN, True)
    return bench.now(booking)
