"""Reads a patient's appointments from Clinicea and decides which one is the booking's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from convox_clinicea.bookings.ledger import AppointmentOwned, Ledger
from convox_clinicea.bookings.protocol import Reason
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import BookingRequest, PatientDetails
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.models import Appointment, CreatedAppointment, Patient, Status
from convox_clinicea.clinicea.registered import registered_with
from convox_clinicea.deadline import Deadline
from convox_clinicea.errors import ConnectorError
from convox_clinicea.text import id_key, normalized_name, same_id


class CannotDecide(ConnectorError):
    """A person must decide; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def registered_patient_id(clinicea: Clinicea, details: PatientDetails, deadline: Deadline) -> str | None:
    """Return the id of the only patient with this number and name; None if no patient has the number (rule 7).

    Raises:
        CannotDecide: several patients share the number, or it is registered to somebody else.
        CliniceaError: the search did not succeed.
    """
    found = registered_with(clinicea.search_patient_by_mobile_number(details.mobile, deadline), details.mobile)
    if not found:
        return None
    if len(found) > 1:
        raise CannotDecide(Reason.SEVERAL_PATIENTS)
    (patient,) = found
    if not _is_the_patient(patient, details):
        raise CannotDecide(Reason.NUMBER_REGISTERED_TO_OTHER)
    return patient.patient_id


def _is_the_patient(patient: Patient, details: PatientDetails) -> bool:
    told = _words(" ".join(part.reveal() for part in (details.first_name, details.last_name) if part))
    if told not in [_words(name.reveal()) for name in patient.names]:
        return False
    if patient.date_of_birth is None or details.date_of_birth is None:
        return True
    return patient.date_of_birth == details.date_of_birth


def _words(name: str) -> list[str]:
    """Return the words of a name, sorted: family names come first or last."""
    return sorted(normalized_name(name).split())


__all__ = ["Calendar", "CalendarSnapshot", "CannotDecide"]


@dataclass(frozen=True)
class CalendarSnapshot:
    """The result of one complete reading.

    Attributes:
        patient_id: the patient whose appointments were read; None if no patient has the new patient's number.
        matching: ids of uncancelled appointments at the wanted start (and practitioner and clinic, if known).
        nearby: ids of all other appointments of the patient, also cancelled and distant ones. A new one since a POST
            may be ours: rounded, shifted to another zone, or cancelled or moved by the clinic.
        unclear: ids in `nearby` that would match but have an unknown status: cancelled or not.
    """

    patient_id: str | None
    matching: tuple[str, ...] = ()
    nearby: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
    """The cancelled ones of `nearby`."""
    starts: tuple[tuple[str, frozenset[datetime]], ...] = field(default=(), compare=False)
    """Possible starts of the uncancelled ones of `nearby`, by id, if they can be read."""

    @property
    def ids(self) -> tuple[str, ...]:
        return self.matching + self.nearby

    def new(self, booking: Booking) -> CalendarSnapshot:
        """Return the snapshot without the appointments that the booking's claim had seen."""
        known = frozenset(map(id_key, booking.seen))
        matching, nearby, unclear, cancelled = (
            tuple(each for each in kind if id_key(each) not in known)
            for kind in (self.matching, self.nearby, self.unclear, self.cancelled)
        )
        return CalendarSnapshot(self.patient_id, matching, nearby, unclear, cancelled, self.starts)

    def stands(self, appointment_id: str) -> bool | None:
        """Return whether an appointment is uncancelled, at any start; None if the calendar does not show it."""
        if any(same_id(appointment_id, each) for each in self.cancelled):
            return False
        return True if any(same_id(appointment_id, each) for each in self.ids) else None

    def same_as(self, other: CalendarSnapshot) -> bool:
        """Return whether two readings showed the same appointments."""
        same_patient = self.patient_id == other.patient_id or same_id(self.patient_id, other.patient_id)
        return same_patient and set(map(id_key, self.ids)) == set(map(id_key, other.ids))


class Calendar:
    """Reads the calendar and assigns appointments to bookings (rules 1 and 2)."""

    def __init__(self, clinicea: Clinicea, ledger: Ledger, *, readable: bool = True) -> None:
        self._clinicea = clinicea
        self._ledger = ledger
        self.readable = readable
        """Whether the API role allows the read-backs."""

    def patient_id(self, booking: Booking, request: BookingRequest, deadline: Deadline) -> str | None:
        """Return the booking's patient; for a new patient, the one who has the number and name by now.

        Raises:
            CannotDecide: the number belongs to several patients, or to somebody else.
            CliniceaError: the search did not succeed.
        """
        if booking.patient_id is not None or request.new_patient is None:
            return booking.patient_id
        return registered_patient_id(self._clinicea, request.new_patient, deadline)

    def read(self, patient_id: str | None, request: BookingRequest, deadline: Deadline) -> CalendarSnapshot:
        """Read all appointments of the patient and compare them with the wanted one.

        Raises:
            CliniceaError: the reading is incomplete and proves nothing.
        """
        if patient_id is None or not self.readable:  # rule 16: no reading without read-backs
            return CalendarSnapshot(patient_id)
        # rule 1: every page of the patient's appointments
        return _classify(self._clinicea.appointments_by_patient(patient_id, deadline), patient_id, request)

    def read_again(self, booking: Booking, request: BookingRequest, deadline: Deadline) -> CalendarSnapshot:
        """Search the patient and read the appointments again; raises the errors of `patient_id` and `read`."""
        return self.read(self.patient_id(booking, request, deadline), request, deadline)

    def book_own(self, booking: Booking, shown: CalendarSnapshot, reason: Reason | None = None) -> Booking | None:
        """Book the first new matching appointment that no other booking owns (rule 2, "ours")."""
        for appointment_id in shown.new(booking).matching:
            try:
                return self._ledger.book(booking, appointment_id, patient_id=shown.patient_id, reason=reason)
            except AppointmentOwned:
                continue
        return None

    def book_created(
        self, booking: Booking, created: CreatedAppointment, shown: CalendarSnapshot | None = None
    ) -> Booking | None:
        """Book the appointment in a POST's answer; None if another booking owns it: the answer proves nothing.

        Args:
            shown: a later reading, if there is one: it must show the appointment as new, at the wanted start.
        """
        patient_id = created.patient_id or (booking.patient_id if shown is None else shown.patient_id)
        if shown is not None and not any(same_id(created.appointment_id, each) for each in shown.new(booking).matching):
            return None
        try:
            return self._ledger.book(booking, created.appointment_id, patient_id=patient_id)
        except AppointmentOwned:
            return None

    def has_ambiguous(self, booking: Booking, shown: CalendarSnapshot) -> bool:
        """Return whether there is a new appointment, of any start and status, that no other booking owns."""
        return bool(self.doubtful(booking, shown))

    def doubtful(self, booking: Booking, shown: CalendarSnapshot) -> tuple[str, ...]:
        """Return the ids of new appointments, of any start and status, that no other booking owns.

        After a redrive cancelled ones do not count, because a person has looked, and may have cancelled them.
        """
        # rule 2: ambiguous
        new = shown.new(booking)
        doubtful = set(new.nearby) - (set(new.cancelled) if _redriven_since_its_post(booking) else set())
        return tuple(each for each in sorted(doubtful) if self._ledger.owner_of(each) in (None, booking.booking_id))

    def stands_for_another(self, booking: Booking, shown: CalendarSnapshot) -> str | None:
        """Return the id of this patient's appointment that another booking of the same start owns, at any start.

        A person may have assigned it while this booking waited: the visit exists and is not made again.
        """
        # rule 2: the wanted visit, owned by another booking
        new = shown.new(booking)
        for appointment_id in (each for each in new.ids if each not in new.cancelled):
            owner_id = self._ledger.owner_of(appointment_id)
            owner = self._ledger.get(owner_id) if owner_id else None
            if owner is not None and owner.start == booking.start:
                return appointment_id
        return None


def _classify(appointments: Iterable[Appointment], patient_id: str, wanted: BookingRequest) -> CalendarSnapshot:
    matching: list[str] = []
    nearby: list[str] = []
    unclear: list[str] = []
    cancelled: list[str] = []
    starts: list[tuple[str, frozenset[datetime]]] = []
    for appointment in appointments:
        # The list is this patient's. An appointment that names another id proves nothing, either way.
        agrees = _may_be(appointment.patient_id, patient_id) and _agrees(appointment, wanted)
        if agrees and appointment.status.stands:
            matching.append(appointment.appointment_id)
            continue
        nearby.append(appointment.appointment_id)
        if appointment.status is Status.CANCELLED:
            cancelled.append(appointment.appointment_id)
            continue
        if agrees:  # rule 2: unclear
            unclear.append(appointment.appointment_id)
        if appointment.starts:
            starts.append((appointment.appointment_id, appointment.starts))
    return CalendarSnapshot(patient_id, tuple(matching), tuple(nearby), tuple(unclear), tuple(cancelled), tuple(starts))


def _redriven_since_its_post(booking: Booking) -> bool:
    since = booking.unsettled_since
    return booking.redriven_at is not None and (since is None or booking.redriven_at > since)


def _agrees(appointment: Appointment, wanted: BookingRequest) -> bool:
    if wanted.start.astimezone(UTC) not in appointment.starts:
        return False
    same_practitioner = wanted.practitioner_id is None or _may_be(appointment.practitioner_id, wanted.practitioner_id)
    return same_practitioner and _may_be(appointment.clinic_id, wanted.clinic_id)


def _may_be(told: str | None, wanted: str) -> bool:
    return told is None or same_id(told, wanted)
