"""The two sides of a comparison: bookings of the ledger, and days of Clinicea's calendar.

No index holds them: it would not know the records of releases before. A chunk is read anew where its comparison is
carried on, so nothing of it is kept between two invocations but a cursor.
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
"""Of an invocation's time, for collecting a new chunk; the rest is for the calendar."""
GROWTH = 1.1
"""How many more pages a chunk may have when it is read anew: bookings were added meanwhile."""
_COMPARED = (
    "#start >= :first"
    " AND ((#state = :booked AND attribute_exists(appointment_id))"
    " OR (#state = :rejected AND posted = :true) OR #state = :parked)"
)


@dataclass(frozen=True)
class Window:
    """Starts from `first` on, before `last` if there is one."""

    first: datetime
    last: datetime | None = None


class Cursor(BaseModel):
    """Where a comparison goes on.

    Attributes:
        key: where the chunk begins in the ledger; None: at its beginning.
        until: where it ends; None: at the ledger's end, or not known yet.
        pages: how many pages it has; 0: not known yet.
        most: how many pages it may have; 0: as many as time and memory allow.
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
        """Whether a chunk was collected before, and a part of its days compared."""
        return self.pages > 0 and self.day is not None


@dataclass(frozen=True)
class Chunk:
    """Bookings that lie together in the ledger.

    Attributes:
        place: the cursor of this chunk, without a day.
        unreadable: records that this version cannot read, counted when the chunk is first collected.
        after: the cursor after it; None: the ledger ends here.
    """

    bookings: list[Booking]
    place: Cursor
    unreadable: int
    after: Cursor | None


def collect(
    ledger: Ledger, window: Window, deadline: Deadline, cursor: Cursor, begins: Callable[[date], datetime]
) -> Chunk:
    """Return the chunk that the cursor names; raises LedgerUnavailable.

    Booked bookings that have an appointment, those rejected after a POST, and those that wait for a person.

    Args:
        begins: when a day begins.
    """
    if cursor.carries_on and cursor.day is not None:
        # A start may lie on another day elsewhere: no harm, those before the cursor's day are compared once more.
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
    """Collect a chunk once more, all of it; if there is no time for that, begin it anew, smaller."""
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
"""Pages: more than any ledger has, and the deadline comes first."""


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
