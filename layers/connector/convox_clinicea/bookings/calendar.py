"""The look into Clinicea's calendar: what stands there round the wanted start, and whose it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from convox_clinicea.bookings.ledger import AppointmentOwned, Ledger
from convox_clinicea.bookings.newcomer import CannotDecide, registered_patient_id
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.bookings.states import Reason
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.models import Appointment, CreatedAppointment, Status
from convox_clinicea.deadline import Deadline

__all__ = ["Calendar", "CannotDecide", "Shown"]

WINDOW = timedelta(hours=26)
"""How far a rounded start or a shifted time zone can move an appointment: a day, and a little."""


@dataclass(frozen=True)
class Shown:
    """What one complete reading showed.

    Attributes:
        patient_id: whose appointments were read; None if nobody has the new patient's number.
        agreeing: ids of standing appointments at the wanted start (and practitioner and clinic, where they are known).
        others: ids of further standing appointments so near the wanted start that one of them may be the
            wanted one, moved by Clinicea.
    """

    patient_id: str | None
    agreeing: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    starts: tuple[tuple[str, datetime], ...] = field(default=(), compare=False)
    """The starts of `others`, by id, as far as they can be read."""

    @property
    def ids(self) -> tuple[str, ...]:
        return self.agreeing + self.others

    def new(self, booking: Booking) -> Shown:
        """Return what is shown beyond the ids that the booking's claim had seen."""
        known = frozenset(booking.seen)
        agreeing = tuple(each for each in self.agreeing if each not in known)
        return Shown(self.patient_id, agreeing, tuple(each for each in self.others if each not in known))

    def same_as(self, other: Shown) -> bool:
        """Whether two readings showed the same."""
        return self.patient_id == other.patient_id and set(self.ids) == set(other.ids)


class Calendar:
    """Reads the calendar, and gives bookings the appointments that are theirs."""

    def __init__(self, clinicea: Clinicea, ledger: Ledger, *, readable: bool = True) -> None:
        self._clinicea = clinicea
        self._ledger = ledger
        self.readable = readable
        """Whether the API role allows the read-backs."""

    def patient_id(self, booking: Booking, request: BookingRequest, deadline: Deadline) -> str | None:
        """Return whose appointment it is to be; for a new patient, who has the number and the name by now.

        Raises:
            CannotDecide: the number belongs to several patients, or to somebody else.
            CliniceaError: the search did not succeed.
        """
        if booking.patient_id is not None or request.new_patient is None:
            return booking.patient_id
        return registered_patient_id(self._clinicea, request.new_patient, deadline)

    def read(self, patient_id: str | None, request: BookingRequest, deadline: Deadline) -> Shown:
        """Read all that stands round the wanted start.

        Raises:
            CliniceaError: the reading is not complete, so it shows nothing.
        """
        if patient_id is None or not self.readable:
            return Shown(patient_id)
        return _sorted(self._clinicea.appointments_by_patient(patient_id, deadline), patient_id, request)

    def read_again(self, booking: Booking, request: BookingRequest, deadline: Deadline) -> Shown:
        """Find the patient and read, both anew; raises as these do."""
        return self.read(self.patient_id(booking, request, deadline), request, deadline)

    def book_own(self, booking: Booking, shown: Shown, reason: Reason | None = None) -> Booking | None:
        """Book the first new agreeing appointment that no other booking owns."""
        for appointment_id in shown.new(booking).agreeing:
            try:
                return self._ledger.book(booking, appointment_id, patient_id=shown.patient_id, reason=reason)
            except AppointmentOwned:
                continue
        return None

    def book_created(self, booking: Booking, created: CreatedAppointment, shown: Shown | None = None) -> Booking | None:
        """Book what a successful POST named; None if another booking owns it, so that the answer proves nothing.

        Args:
            shown: a later reading, where one was made: the appointment must be new there, at the wanted start.
        """
        patient_id = created.patient_id or (booking.patient_id if shown is None else shown.patient_id)
        if shown is not None and created.appointment_id not in shown.new(booking).agreeing:
            return None
        try:
            return self._ledger.book(booking, created.appointment_id, patient_id=patient_id)
        except AppointmentOwned:
            return None

    def not_told_apart(self, booking: Booking, shown: Shown) -> bool:
        """Whether something new stands near the wanted start that belongs to no other booking."""
        owners = (self._ledger.owner_of(appointment_id) for appointment_id in shown.new(booking).others)
        return any(owner in (None, booking.booking_id) for owner in owners)


def _sorted(appointments: Iterable[Appointment], patient_id: str, wanted: BookingRequest) -> Shown:
    agreeing: list[str] = []
    others: list[str] = []
    starts: list[tuple[str, datetime]] = []
    for appointment in appointments:
        if appointment.status is Status.CANCELLED:
            continue
        # Asked for by this patient, it is this patient's; one that names another id proves nothing, either way.
        if appointment.patient_id in (None, patient_id) and _agrees(appointment, wanted):
            agreeing.append(appointment.appointment_id)
        elif appointment.start is None or abs(appointment.start - wanted.start) <= WINDOW:
            others.append(appointment.appointment_id)
            if appointment.start is not None:
                starts.append((appointment.appointment_id, appointment.start))
    return Shown(patient_id, tuple(agreeing), tuple(others), tuple(starts))


def _agrees(appointment: Appointment, wanted: BookingRequest) -> bool:
    if appointment.start is None or appointment.start != wanted.start:
        return False
    same_practitioner = None in (appointment.practitioner_id, wanted.practitioner_id) or (
        appointment.practitioner_id == wanted.practitioner_id
    )
    return same_practitioner and appointment.clinic_id in (None, wanted.clinic_id)
