"""The ledger against Clinicea's calendar: is what was booked for a day still there, once?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.unreadable import Unreadable
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.models import Appointment, Status
from convox_clinicea.clinics import Clinics
from convox_clinicea.deadline import Deadline
from convox_clinicea.errors import FieldProblem, InvalidRequest
from convox_clinicea.normalization import id_key, same_id

ONE_DAY = timedelta(days=1)
YEARS = range(2000, 2200)


class Finding(StrEnum):
    MISSING = "missing"
    CANCELLED = "cancelled"
    DOUBLED = "doubled"
    UNREADABLE = "unreadable"
    """Its record is of a later version, or broken: nobody compared it."""


@dataclass(frozen=True)
class Discrepancy:
    """A booking whose appointment is not as it should be.

    Attributes:
        appointment_ids: the booking's own and, where doubled, those beside it.
    """

    finding: Finding
    booking_id: str
    appointment_ids: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """What the comparison of one day found."""

    day: date
    compared: int
    discrepancies: tuple[Discrepancy, ...]


class Reconciler:
    """The service behind `reconcile`."""

    def __init__(self, ledger: Ledger, clinicea: Clinicea, clinics: Clinics) -> None:
        self._ledger = ledger
        self._clinicea = clinicea
        self._clinics = clinics

    def compare(self, day: date, deadline: Deadline) -> Report:
        """Compare the bookings that begin on `day` in the stack's time zone.

        Clinics of other zones can have them on the day before or after, so all three days are read.
        """
        midnight = datetime.combine(day, time(), self._clinics.zone(None))
        booked = list(self._ledger.booked_between(midnight, midnight + ONE_DAY))
        standing: dict[str, Appointment] = {}
        if booked:
            for each in (day - ONE_DAY, day, day + ONE_DAY):
                found = self._clinicea.appointments_by_date(each, deadline)
                standing.update((id_key(appointment.appointment_id), appointment) for appointment in found)
        discrepancies = [d for found in booked if (d := _discrepancy(found, standing)) is not None]
        return Report(day, len(booked), tuple(discrepancies))


def day_asked_for(event: object, nightly: date) -> date:
    """Return the day that an order names, `{"day": "2026-12-01"}`; of any other event, the schedule's too, `nightly`.

    Raises:
        InvalidRequest: it names something that is no day of a calendar.
    """
    written = event.get("day") if isinstance(event, Mapping) else None
    if written is None:
        return nightly
    try:
        day = date.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        raise InvalidRequest(FieldProblem("day", f"must be a date YYYY-MM-DD, from {YEARS[0]} to {YEARS[-1]}"))
    return day


def _discrepancy(booking: Booking | Unreadable, calendar: dict[str, Appointment]) -> Discrepancy | None:
    if isinstance(booking, Unreadable):
        return Discrepancy(Finding.UNREADABLE, booking.booking_id, ())
    own_id = booking.appointment_id or ""
    own = calendar.get(id_key(own_id))
    if own is None:
        return Discrepancy(Finding.MISSING, booking.booking_id, (own_id,))
    if own.status is Status.CANCELLED:
        return Discrepancy(Finding.CANCELLED, booking.booking_id, (own_id,))
    beside = tuple(each.appointment_id for each in calendar.values() if _doubles(own, each))
    return Discrepancy(Finding.DOUBLED, booking.booking_id, (own_id, *beside)) if beside else None


def _doubles(own: Appointment, other: Appointment) -> bool:
    if same_id(other.appointment_id, own.appointment_id) or other.status is Status.CANCELLED:
        return False
    if not same_id(other.patient_id, own.patient_id) or other.start != own.start:
        return False
    practitioners = (own.practitioner_id, other.practitioner_id)
    return None in practitioners or same_id(*practitioners)
