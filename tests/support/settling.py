"""Bookings in doubt on the bench, and what happens in Clinicea meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from convox_clinicea.bookings.protocol import State
from convox_clinicea.deadline import Deadline
from tests.support.bench import Bench
from tests.support.bookings import known_request

POST = "postAppointmentByPatientID"
CREATE = "postAppointment"
LOOK = "getAppointmentsByPatient"
SETTLED = 125.0


def in_doubt(bench: Bench, kind: str = "timeout_before", **fault: Any) -> Any:
    """A booking whose POST got no answer."""
    bench.patient()
    bench.fake.fault(POST, kind, count=1, **fault)
    booking = bench.accept()
    bench.waits(booking)
    assert bench.now(booking).state is State.UNKNOWN
    return booking


def by_hand(bench: Bench, **changes: Any) -> str:
    """The front desk books for the same patient, in Clinicea itself."""
    wanted = known_request(**changes).for_clinicea(reference="front desk")
    made = bench.clinicea.post_appointment_by_patient_id("P-41", wanted, Deadline.after(bench.clock, 10))
    return made.appointment_id


def at_the_second_look(bench: Bench, act: Callable[[], object]) -> None:
    """Do something between the two readings."""

    def first() -> None:
        bench.transport.before[LOOK] = second

    def second() -> None:
        act()

    bench.transport.before[LOOK] = first
