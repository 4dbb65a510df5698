"""Findings of the comparison of ledger and calendar, and their report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from convox_clinicea.bookings.compared import CalendarDays, Cursor
from convox_clinicea.bookings.persons import Persons
from convox_clinicea.bookings.protocol import State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.clinicea.models import Appointment, Status
from convox_clinicea.clinicea.registered import CalendarEntry
from convox_clinicea.text import id_key, normalized_name, same_id


class Finding(StrEnum):
    """Kind of discrepancy; a closed list."""

    MISSING = "missing"
    """Booked, but not in the calendar."""
    MOVED = "moved"
    """Booked, but the appointment is at another time."""
    CANCELLED = "cancelled"
    DOUBLED = "doubled"
    """Booked, and the same person has another appointment at the same start."""
    UNEXPECTED = "unexpected"
    """An appointment of a booking that was rejected, is parked, or is not in the ledger."""


@dataclass(frozen=True)
class Discrepancy:
    """A finding about one booking.

    Attributes:
        appointment_ids: the booking's own appointment, if it has one, and the others concerned.
    """

    finding: Finding
    booking_id: str
    appointment_ids: tuple[str, ...]


class Judge:
    """Compares bookings with the calendar.

    Args:
        owner_of: returns the booking that owns an appointment.
        elsewhere: returns a booking's appointment if it is on a day that was not read; None if there is none.
        persons: compares the persons of bookings and appointments.
    """

    def __init__(
        self,
        days: CalendarDays,
        *,
        owner_of: Callable[[str], str | None],
        elsewhere: Callable[[Booking], Appointment | None],
        persons: Persons,
    ) -> None:
        self._days = days
        self._owner_of = owner_of
        self._elsewhere = elsewhere
        self._persons = persons

    def judge(self, booking: Booking) -> list[Discrepancy]:
        """Return the discrepancies of one booking."""
        found = self._booked(booking) if booking.state is State.BOOKED else self._not_booked(booking)
        return [Discrepancy(finding, booking.booking_id, ids) for finding, ids in found]

    def _booked(self, booking: Booking) -> list[tuple[Finding, tuple[str, ...]]]:
        own_id = booking.appointment_id or ""
        entry = self._days.get(own_id)
        own = self._elsewhere(booking) if entry is None else entry.appointment
        bearing = tuple(each.appointment.appointment_id for each in self._bearing(booking))
        if own is None or own.status is Status.CANCELLED:
            gone = Finding.MISSING if own is None else Finding.CANCELLED
            return [(gone, (own_id,)), *([(Finding.UNEXPECTED, bearing)] if bearing else [])]
        found: list[tuple[Finding, tuple[str, ...]]] = []
        if own.starts and booking.start not in own.starts and not _by_hand(booking):
            found.append((Finding.MOVED, (own_id,)))
        own_entry = entry or CalendarEntry(own)
        at = {booking.start, *own.starts}
        beside = [
            each
            for each in self._standing(at)
            if not same_id(each.appointment.appointment_id, own_id) and self._doubles(booking, own_entry, each)
        ]
        ids = tuple(dict.fromkeys([*(each.appointment.appointment_id for each in beside), *bearing]))
        return [*found, (Finding.DOUBLED, (own_id, *ids))] if ids else found

    def _not_booked(self, booking: Booking) -> list[tuple[Finding, tuple[str, ...]]]:
        seen = frozenset(map(id_key, booking.seen))
        candidates = [
            *self._bearing(booking),
            *(each for each in self._standing({booking.start}) if self._is_of(booking, each)),
        ]
        named = self._days.get(booking.appointment_id or "")
        if named is not None and named.appointment.status is not Status.CANCELLED:
            candidates.append(named)  # Clinicea's answer named this appointment
        ids = dict.fromkeys(each.appointment.appointment_id for each in candidates)
        standing = tuple(
            each for each in ids if id_key(each) not in seen and self._owner_of(each) in (None, booking.booking_id)
        )
        return [(Finding.UNEXPECTED, standing)] if standing else []

    def _standing(self, starts: Iterable[datetime]) -> list[CalendarEntry]:
        found = (each for start in starts for each in self._days.at(start))
        return [each for each in found if each.appointment.status is not Status.CANCELLED]

    def _bearing(self, booking: Booking) -> list[CalendarEntry]:
        """Return the uncancelled appointments with the booking's reference that no booking owns."""
        return [
            each
            for each in self._days.bearing(booking.booking_id)
            if each.appointment.status is not Status.CANCELLED
            and not same_id(each.appointment.appointment_id, booking.appointment_id)
            and self._owner_of(each.appointment.appointment_id) in (None, booking.booking_id)
        ]

    def _doubles(self, booking: Booking, own: CalendarEntry, other: CalendarEntry) -> bool:
        """Return whether another appointment at the same start is the same person's, under any patient record."""
        if _at_different_places(own.appointment, other.appointment):
            return False
        patient_id = own.appointment.patient_id or booking.patient_id
        if same_id(other.appointment.patient_id, patient_id):
            return True
        mine, theirs = own.words, other.words
        named = bool(mine & theirs) if mine and theirs else self._persons.has_name(booking, other) is True
        if mine and theirs and not named:
            return False
        numbered = self._persons.same_number(booking, own, other)
        return named if numbered is None else numbered

    def _is_of(self, booking: Booking, entry: CalendarEntry) -> bool:
        """Return whether an appointment at the booking's start may be its own, for a booking without one."""
        if booking.patient_id is not None:
            return same_id(entry.appointment.patient_id, booking.patient_id)
        numbered = self._persons.has_number(booking, entry)
        if numbered is not None or booking.number_key is None or _is_elsewhere(booking, entry.appointment):
            return bool(numbered)
        named = self._persons.has_name(booking, entry)
        # With a masked number and no name to compare, it may be the appointment that was posted.
        return booking.posted and entry.mobile is not None if named is None else named


def _by_hand(booking: Booking) -> bool:
    """Return whether a person resolved it as booked: that person judged where the appointment is."""
    return bool(booking.acts) and booking.acts[-1] == str(booking.version)


def _is_elsewhere(booking: Booking, appointment: Appointment) -> bool:
    """Return whether clinic or practitioner of appointment and booking differ, where both are known."""
    wanted = (booking.clinic_id, booking.practitioner_id)
    shown = (appointment.clinic_id, appointment.practitioner_id)
    return any(None not in ids and not same_id(*ids) for ids in zip(wanted, shown, strict=True))


def _at_different_places(own: Appointment, other: Appointment) -> bool:
    """Return whether practitioner or clinic differ, where both are known; names count if ids are missing."""
    for ids, names in (
        ((own.practitioner_id, other.practitioner_id), (own.practitioner, other.practitioner)),
        ((own.clinic_id, other.clinic_id), (own.clinic_name, other.clinic_name)),
    ):
        if None not in ids:
            if not same_id(*ids):
                return True
        elif names[0] is not None and names[1] is not None and normalized_name(names[0]) != normalized_name(names[1]):
            return True
    return False


MOST_LOGGED = 500
"""Findings in a log line; CloudWatch truncates lines at 1 MB."""


@dataclass(frozen=True)
class Report:
    """Result of one part of a comparison.

    Attributes:
        compared: number of bookings that were compared.
        unreadable: number of records that this version of the connector cannot read.
        unread: days whose calendar could not be read completely; their bookings were not compared.
        after: where the next part starts; None: this was the last.
    """

    compared: int
    discrepancies: tuple[Discrepancy, ...]
    unreadable: int = 0
    unread: tuple[date, ...] = ()
    after: Cursor | None = None

    def counts(self) -> dict[str, int]:
        """Return the value of each of the comparison's metrics."""
        found = Counter(each.finding for each in self.discrepancies)
        return {
            **{f"Reconcile{finding.value.title()}": found[finding] for finding in Finding},
            "ReconcileCompared": self.compared,
            "ReconcileUnread": len(self.unread),
        }

    def answered(self) -> dict[str, Any]:
        """Return the report as an operator's answer, with the position for the next part in `after`."""
        return {**self._told(), "after": None if self.after is None else self.after.model_dump(mode="json")}

    def logged(self) -> dict[str, Any]:
        """Return the report for the log: shortened, and without `after`, which holds a key of the ledger."""
        told = self._told()
        found = told["discrepancies"]
        cut = {"discrepancies": found[:MOST_LOGGED], "more": max(0, len(found) - MOST_LOGGED)}
        return {**told, **cut, "finished": self.after is None}

    def _told(self) -> dict[str, Any]:
        found = [
            {"finding": each.finding.value, "booking_id": each.booking_id, "appointment_ids": [*each.appointment_ids]}
            for each in self.discrepancies
        ]
        return {
            "compared": self.compared,
            "discrepancies": found,
            "unread": [day.isoformat() for day in self.unread],
            "unreadable": self.unreadable,
        }
