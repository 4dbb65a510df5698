"""The days of Clinicea's calendar round the one that is compared; never more than a few are held at once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from convox_clinicea.bookings.record import ID_PATTERN
from convox_clinicea.clinicea.calendar_entries import CalendarEntry
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.errors import CliniceaError, TimedOut, Unavailable, UnexpectedAnswer
from convox_clinicea.deadline import Deadline
from convox_clinicea.errors import ConnectorError, raise_alone
from convox_clinicea.normalization import id_key

MOST_UNREADABLE = 3
"""Days that cannot be read, one after another: then it is Clinicea that is away, not a day that is spoiled."""
_REFERENCE = re.compile(rf"\[({ID_PATTERN})\]")


class DayUnreadable(ConnectorError):
    """A day of the calendar cannot be read now; the others may be."""

    retryable = True


class CalendarDays:
    """Reads days when they are needed, and lets go of those before."""

    def __init__(self, clinicea: Clinicea) -> None:
        self._clinicea = clinicea
        self._days: dict[date, list[CalendarEntry]] = {}
        self._unreadable: set[date] = set()
        self._in_a_row = 0
        self.failure: CliniceaError | None = None
        """What kept the last unreadable day from being read."""
        self._by_id: dict[str, CalendarEntry] = {}
        self._by_start: Mapping[datetime, list[CalendarEntry]] = {}
        self._by_reference: Mapping[str, list[CalendarEntry]] = {}

    def load(self, days: Iterable[date], deadline: Deadline) -> None:
        """Hold these days, and no other.

        Raises:
            DayUnreadable: one of them cannot be read.
            CliniceaError: none can.
        """
        wanted = sorted(set(days))
        self._days = {day: self._days[day] if day in self._days else self._read(day, deadline) for day in wanted}
        by_start: dict[datetime, list[CalendarEntry]] = defaultdict(list)
        by_reference: dict[str, list[CalendarEntry]] = defaultdict(list)
        # A list may show an appointment on two days, by the clinic's zone and by its own.
        self._by_id = {id_key(each.appointment.appointment_id): each for day in wanted for each in self._days[day]}
        for entry in self._by_id.values():
            for start in entry.appointment.starts:
                by_start[start].append(entry)
            for reference in dict.fromkeys(_references(entry)):
                by_reference[reference].append(entry)
        self._by_start, self._by_reference = by_start, by_reference

    def get(self, appointment_id: str) -> CalendarEntry | None:
        """Return an appointment of these days."""
        return self._by_id.get(id_key(appointment_id))

    def at(self, start: datetime) -> Sequence[CalendarEntry]:
        """Return the appointments of all clinics at that instant."""
        return self._by_start.get(start.astimezone(UTC), ())

    def bearing(self, booking_id: str) -> Sequence[CalendarEntry]:
        """Return the appointments whose notes bear the booking's reference."""
        return self._by_reference.get(booking_id, ())

    def references_on(self, day: date) -> dict[str, list[CalendarEntry]]:
        """Return the references of one day's appointments."""
        found: dict[str, list[CalendarEntry]] = defaultdict(list)
        for entry in self._days.get(day, ()):
            for reference in dict.fromkeys(_references(entry)):
                found[reference].append(entry)
        return found

    def _read(self, day: date, deadline: Deadline) -> list[CalendarEntry]:
        if day in self._unreadable:
            raise_alone(DayUnreadable("a day of the calendar cannot be read"))
        try:
            found = self._clinicea.entries_by_date(day, deadline)
        except (TimedOut, Unavailable, UnexpectedAnswer) as error:
            self.failure = error
            self._unreadable.add(day)
            self._in_a_row += 1
            if self._in_a_row >= MOST_UNREADABLE:
                raise
            raise_alone(DayUnreadable("a day of the calendar cannot be read"))
        self._in_a_row = 0
        return found


def _references(entry: CalendarEntry) -> list[str]:
    return [] if entry.notes is None else _REFERENCE.findall(entry.notes.reveal())
