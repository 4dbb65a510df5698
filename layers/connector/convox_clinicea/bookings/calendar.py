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
    """Return the id of the one patient who has this number and this name, or None if nobody has the number.

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
    """The words of a name in no order, since family names come first or last."""
    return sorted(normalized_name(name).split())


__all__ = ["Calendar", "CalendarSnapshot", "CannotDecide"]


@dataclass(frozen=True)
class CalendarSnapshot:
    """The result of one complete reading.

    Attributes:
        patient_id: whose appointments were read; None if nobody has the new patient's number.
        matching: ids of standing appointments at the wanted start (and practitioner and clinic, where they are known).
        nearby: ids of all further appointments of the patient, cancelled and far ones too. One that is new since a
            POST may be ours: rounded, shifted to another zone, or cancelled or moved by the clinic.
        unclear: those of `nearby` that agree but for their status, of which nobody can tell whether they stand.
    """

    patient_id: str | None
    matching: tuple[str, ...] = ()
    nearby: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
    """Those of `nearby` that are cancelled."""
    starts: tuple[tuple[str, frozenset[datetime]], ...] = field(default=(), compare=False)
    """What the starts of `nearby` that are not cancelled can mean, by id, as far as they can be read."""

    @property
    def ids(self) -> tuple[str, ...]:
        return self.matching + self.nearby

    def new(self, booking: Booking) -> CalendarSnapshot:
        """Return what is shown beyond the ids that the booking's claim had seen."""
        known = frozenset(map(id_key, booking.seen))
        matching, nearby, unclear, cancelled = (
            tuple(each for each in kind if id_key(each) not in known)
            for kind in (self.matching, self.nearby, self.unclear, self.cancelled)
        )
        return CalendarSnapshot(self.patient_id, matching, nearby, unclear, cancelled, self.starts)

    def stands(self, appointment_id: str) -> bool | None:
        """Whether an appointment stands, wherever the clinic has put it; None if nothing is shown of it."""
        if any(same_id(appointment_id, each) for each in self.cancelled):
            return False
        return True if any(same_id(appointment_id, each) for each in self.ids) else None

    def same_as(self, other: CalendarSnapshot) -> bool:
        """Whether two readings showed the same."""
        same_patient = self.patient_id == other.patient_id or same_id(self.patient_id, other.patient_id)
        return same_patient and set(map(id_key, self.ids)) == set(map(id_key, other.ids))


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

    def read(self, patient_id: str | None, request: BookingRequest, deadline: Deadline) -> CalendarSnapshot:
        """Read all appointments that the patient has, and what of them agrees with the wanted one.

        Raises:
            CliniceaError: the reading is not complete, so it shows nothing.
        """
        if patient_id is None or not self.readable:
            return CalendarSnapshot(patient_id)
        return _classify(self._clinicea.appointments_by_patient(patient_id, deadline), patient_id, request)

    def read_again(self, booking: Booking, request: BookingRequest, deadline: Deadline) -> CalendarSnapshot:
        """Find the patient and read, both anew; raises as these do."""
        return self.read(self.patient_id(booking, request, deadline), request, deadline)

    def book_own(self, booking: Booking, shown: CalendarSnapshot, reason: Reason | None = None) -> Booking | None:
        """Book the first new matching appointment that no other booking owns."""
        for appointment_id in shown.new(booking).matching:
            try:
                return self._ledger.book(booking, appointment_id, patient_id=shown.patient_id, reason=reason)
            except AppointmentOwned:
                continue
        return None

    def book_created(
        self, booking: Booking, created: CreatedAppointment, shown: CalendarSnapshot | None = None
    ) -> Booking | None:
        """Book what a successful POST named; None if another booking owns it, so that the answer proves nothing.

        Args:
            shown: a later reading, where one was made: the appointment must be new there, at the wanted start.
        """
        patient_id = created.patient_id or (booking.patient_id if shown is None else shown.patient_id)
        if shown is not None and not any(same_id(created.appointment_id, each) for each in shown.new(booking).matching):
            return None
        try:
            return self._ledger.book(booking, created.appointment_id, patient_id=patient_id)
        except AppointmentOwned:
            return None

    def has_ambiguous(self, booking: Booking, shown: CalendarSnapshot) -> bool:
        """Whether something new is there, whatever its start and status, that belongs to no other booking."""
        return bool(self.doubtful(booking, shown))

    def doubtful(self, booking: Booking, shown: CalendarSnapshot) -> tuple[str, ...]:
        """Return the ids of what is new there, whatever its start and status, and belongs to no other booking.

        What is cancelled does not count once a person has looked and sent the booking on again: they may have
        cancelled it for that.
        """
        new = shown.new(booking)
        doubtful = set(new.nearby) - (set(new.cancelled) if _redriven_since_its_post(booking) else set())
        return tuple(each for each in sorted(doubtful) if self._ledger.owner_of(each) in (None, booking.booking_id))

    def stands_for_another(self, booking: Booking, shown: CalendarSnapshot) -> str | None:
        """Return the id of this patient's appointment that another booking of the same start owns, wherever it stands.

        A person may have said so while this booking waited: the visit is made, and is not made again.
        """
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
        # Asked for by this patient, it is this patient's; one that names another id proves nothing, either way.
        agrees = _may_be(appointment.patient_id, patient_id) and _agrees(appointment, wanted)
        if agrees and appointment.status.stands:
            matching.append(appointment.appointment_id)
            continue
        nearby.append(appointment.appointment_id)
        if appointment.status is Status.CANCELLED:
            cancelled.append(appointment.appointment_id)
            continue
        if agrees:
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
