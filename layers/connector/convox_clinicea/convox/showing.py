"""Showing bookings: an id that Clinicea told, and the client did not bring, leaves once it stands on record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.states import Reason
from convox_clinicea.convox.disclosing import recipient_of
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.disclosures.record import HandedOut
from convox_clinicea.disclosures.register import DisclosureRegister

SECONDS_FOR_THE_ENTRY = 5.0
NEW_PATIENT = "new_patient"


def record_shown(
    bookings: Sequence[Booking], register: DisclosureRegister, event: APIGatewayProxyEvent, clock: Clock
) -> None:
    """Put on record what the bookings tell that the client did not bring; raises NotRecorded."""
    deadline = Deadline.after(clock, SECONDS_FOR_THE_ENTRY)
    for call_id in dict.fromkeys(each.call_id for each in bookings):
        of_call = [each for each in bookings if each.call_id == call_id]
        register.add(told_by(of_call), recipient_of(event, None, call_id), deadline)


def told_by(bookings: Iterable[Booking]) -> list[HandedOut]:
    """Return the ids in an answer that are Clinicea's word, by patient.

    The client brought the patient's id, or the booking made the appointment, else the id tells something: whose a new
    patient's number is (whether the booking registered the patient, or found one, its record does not say), or that an
    appointment stood already.
    """
    fields: dict[str, list[str]] = {}
    for booking in bookings:
        if booking.patient_id is not None:
            fields.setdefault(booking.patient_id, []).extend(_told_of(booking))
    return [HandedOut(patient, tuple(dict.fromkeys(names))) for patient, names in fields.items() if names]


def _told_of(booking: Booking) -> Iterator[str]:
    if booking.flow == NEW_PATIENT:
        yield "patient_id"
    if booking.appointment_id is not None and (booking.flow == NEW_PATIENT or booking.reason is Reason.ALREADY_THERE):
        yield "appointment_id"
