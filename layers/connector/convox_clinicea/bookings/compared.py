"""The two sides of a comparison: bookings of the ledger, and days of Clinicea's calendar.

No index is used, because it would lack the records of earlier releases. A chunk is read again when its comparison
continues, so only a cursor is kept between two invocations.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.pages import BookingsPage
from convox_clinicea.bookings.protocol import State
from convox_clinicea.bookings.record import ID_PATTERN, Booking, timestamp
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.errors import CliniceaError, TimedOut, Unavailable, UnexpectedAnswer
from convox_clinicea.clinicea.registered import CalendarEntry
from convox_clinicea.deadline import Deadline
from convox_clinicea.errors import ConnectorError, raise_alone
from convox_clinicea.table import Item
from convox_clinicea.text import id_key

MOST_COLLECTED = 10_000
"""Bookings in a chunk: about 30 MB of memory."""
SHARE_OF_TIME = 1 / 3
"""Share of an invocation's time for collecting a new chunk; the rest is for the calendar."""
GROWTH = 1.1
"""How many more pages a chunk may have when it is read again, because bookings were added."""
_COMPARED = (
    "#start >= :first"
    " AND ((#state = :booked AND attribute_exists(appointment_id))"
    " OR (#state = :rejected AND posted = :true) OR #state = :parked)"
)


@dataclass(frozen=True)
class Window:
    """Range of starts: from `first` on, and before `last` if it is set."""

    first: datetime
    last: datetime | None = None


class Cursor(BaseModel):
    """Position at which a comparison continues.

    Attributes:
        key: where the chunk begins in the ledger; None: at the ledger's beginning.
        until: where the chunk ends; None: at the ledger's end, or not known yet.
        pages: how many pages the chunk has; 0: not known yet.
        most: how many pages the chunk may have; 0: as many as time and memory allow.
        day: the first day of which the chunk's bookings have not been compared.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", hide_input_in_errors=True)

    key: str | None = Field(default=None, min_length=1, max_length=2048)
    until: str | None = Field(default=None, min_length=1, max_length=2048)
    pages: int = Field(default=0, ge=0)
    most: int = Field(default=0, ge=0)
    day: date | None = None

    @property
    def carries_on(self) -> bool:
        """Whether the chunk was collected before and some of its days are compared."""
        return self.pages > 0 and self.day is not None


@dataclass(frozen=True)
class Chunk:
    """A contiguous range of the ledger's bookings.

    Attributes:
        place: the cursor of this chunk, without a day.
        unreadable: records that this version cannot read, counted when the chunk is first collected.
        after: the cursor of the next chunk; None: this is the last.
    """

    bookings: list[Booking]
    place: Cursor
    unreadable: int
    after: Cursor | None


def collect(
    ledger: Ledger, window: Window, deadline: Deadline, cursor: Cursor, begins: Callable[[date], datetime]
) -> Chunk:
    """Return the chunk at the cursor; raises TableUnavailable.

    It holds booked bookings with an appointment, bookings rejected after a POST, and parked bookings.

    Args:
        begins: returns the instant at which a day begins.
    """
    if cursor.carries_on and cursor.day is not None:
        # A start may be on another day in another zone. Those before the cursor's day are compared once more.
        first = max(window.first, begins(cursor.day) - timedelta(days=1))
        return _again(ledger, replace(window, first=first), deadline, cursor)
    bookings: list[Booking] = []
    unreadable, pages, after = 0, 0, cursor.key
    enough = deadline.remaining() * (1 - SHARE_OF_TIME)
    while pages == 0 or (len(bookings) < MOST_COLLECTED and deadline.remaining() > enough and pages != cursor.most):
        page = _page(ledger, window, after)
        pages, after, unreadable = pages + 1, _key(page), unreadable + len(page.unreadable)
        bookings += (replace(each, request=None) for each in page.bookings)
        if after is None:
            break
    place = Cursor(key=cursor.key, until=after, pages=pages)
    return Chunk(bookings, place, unreadable, None if after is None else Cursor(key=after))


def _again(ledger: Ledger, window: Window, deadline: Deadline, cursor: Cursor) -> Chunk:
    """Collect a whole chunk again; if there is no time for it, start a smaller one."""
    bookings: list[Booking] = []
    after, most = cursor.key, int(cursor.pages * GROWTH) + 2
    enough = deadline.remaining() / 2
    for _ in range(most if cursor.until is not None else _ALL):
        page = _page(ledger, window, after)
        after = _key(page)
        bookings += (replace(each, request=None) for each in page.bookings)
        if after in (None, cursor.until):
            break
        if deadline.remaining() < enough:
            smaller = Cursor(key=cursor.key, most=max(1, cursor.pages // 2))
            return Chunk([], smaller, 0, smaller)
    place = cursor.model_copy(update={"day": None})
    return Chunk(bookings, place, 0, None if cursor.until is None else Cursor(key=cursor.until))


_ALL = 1_000_000
"""Pages; more than any ledger has, and the deadline ends the loop earlier."""


def _page(ledger: Ledger, window: Window, after: str | None) -> BookingsPage:
    values: Item = {
        ":first": {"S": timestamp(window.first)},
        ":booked": {"S": State.BOOKED.value},
        ":rejected": {"S": State.REJECTED.value},
        ":parked": {"S": State.NEEDS_ATTENTION.value},
        ":true": {"BOOL": True},
    }
    condition = _COMPARED
    if window.last is not None:
        condition, values = f"{_COMPARED} AND #start < :last", values | {":last": {"S": timestamp(window.last)}}
    start = None if after is None else {"pk": after}
    return ledger.page(condition, {"#start": "start", "#state": "state"}, values, start)


def _key(page: BookingsPage) -> str | None:
    return None if page.after is None else page.after["pk"]


MOST_UNREADABLE = 3
"""Unreadable days in a row after which Clinicea counts as down, instead of the days as broken."""
_REFERENCE = re.compile(rf"\[({ID_PATTERN})\]")


class DayUnreadable(ConnectorError):
    """A day of the calendar cannot be read now; the others may be."""

    retryable = True


class CalendarDays:
    """Reads days when they are needed, and drops the earlier ones."""

    def __init__(self, clinicea: Clinicea) -> None:
        self._clinicea = clinicea
        self._days: dict[date, list[CalendarEntry]] = {}
        self._unreadable: set[date] = set()
        self._in_a_row = 0
        self.failure: CliniceaError | None = None
        """The error of the last unreadable day."""
        self._by_id: dict[str, CalendarEntry] = {}
        self._by_start: Mapping[datetime, list[CalendarEntry]] = {}
        self._by_reference: Mapping[str, list[CalendarEntry]] = {}

    def load(self, days: Iterable[date], deadline: Deadline) -> None:
        """Load these days and drop all others.

        Raises:
            DayUnreadable: one of them cannot be read.
            CliniceaError: no day can be read.
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
        """Return an appointment of the loaded days, by its id."""
        return self._by_id.get(id_key(appointment_id))

    def at(self, start: datetime) -> Sequence[CalendarEntry]:
        """Return the appointments of all clinics at that instant."""
        return self._by_start.get(start.astimezone(UTC), ())

    def bearing(self, booking_id: str) -> Sequence[CalendarEntry]:
        """Return the appointments with the booking's reference in their notes."""
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
