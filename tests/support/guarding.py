"""A bench on which the first booking of a setup goes alone."""

from __future__ import annotations

from datetime import timedelta

from convox_clinicea.bookings.canary import PostingStopped
from convox_clinicea.bookings.protocol import State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.worker import Done
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import START, known_request

POST, POST_NEW = "postAppointmentByPatientID", "postAppointment"
LOOK = "getAppointmentsByPatient"


def further(bench: Bench, number: int = 1) -> Booking:
    """Accept one more booking, of another patient, at another start."""
    patient_id = bench.fake.add_patient(**invented.patient(patient_id=f"P-5{number}"))
    return bench.accept(known_request(patient_id=patient_id, start=START + timedelta(hours=number)))


def held_up(bench: Bench, booking: Booking) -> bool:
    """Work it once: whether it has to wait, nothing posted and nobody at fault."""
    outcome = bench.work(booking)
    standing = bench.now(booking)
    waits = not isinstance(outcome, Done) and outcome.cause is None
    return waits and standing.state is State.ACCEPTED and not standing.posted


def stopped(bench: Bench, booking: Booking) -> bool:
    """Work it once: whether it waits because posting has stopped."""
    return isinstance(bench.waits(booking).cause, PostingStopped)
