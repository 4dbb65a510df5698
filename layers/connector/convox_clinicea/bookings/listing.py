"""Lists of bookings from a ledger of any size, and counts of the open ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.pages import BookingsPage, Key, Unreadable
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking, Open
from convox_clinicea.deadline import Clock
from convox_clinicea.table import Item

MOST_LISTED = 1000
"""Bookings in a part; the last page may exceed it."""
MOST_PAGES = 20
"""Pages of 1 MB read for one part."""
LONGEST = timedelta(seconds=20)
"""Seconds after which no page is begun; the function has 60 s."""
ENDED: Literal["ended"] = "ended"
Source = Literal["on_its_way", "parked", "untold", "ended"]


@dataclass(frozen=True)
class Filter:
    """Filter of bookings.

    Attributes:
        states: states to list; empty: all that are not final.
        older_than: only bookings accepted at least that long ago.
    """

    states: frozenset[State] = frozenset()
    reasons: frozenset[Reason] = frozenset()
    older_than: timedelta = timedelta(0)


class ListCursor(BaseModel):
    """Position at which a list continues: index or table, and the key before it; None: at its beginning."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", hide_input_in_errors=True)

    source: Source
    key: Key | None = Field(default=None, max_length=3)


@dataclass(frozen=True)
class Listed:
    """One part of a list, the longest waiting bookings first.

    Attributes:
        unreadable: records that this version cannot read; filters do not apply to them.
        after: where the next part starts; None: this was the last.
    """

    bookings: list[Booking]
    unreadable: list[Unreadable] = field(default_factory=list)
    after: ListCursor | None = None


class Listing:
    """Lists bookings by state, reason and age."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def part(self, wanted: Filter, after: ListCursor | None = None) -> Listed:
        """Return the next part of the bookings that match the filter; raises TableUnavailable."""
        until = self._clock.now() + LONGEST
        found: dict[str, Booking] = {}
        unreadable: dict[str, Unreadable] = {}
        going_on: ListCursor | None = None
        for read, (page, behind) in enumerate(self._pages(wanted, after), 1):
            going_on = behind
            unreadable |= {each.booking_id: each for each in page.unreadable}
            found |= {each.booking_id: each for each in page.bookings if self._is_wanted(each, wanted)}
            if len(found) >= MOST_LISTED or read == MOST_PAGES or self._clock.now() >= until:
                break
        in_order = sorted(found.values(), key=lambda booking: (booking.accepted_at, booking.booking_id))
        return Listed(in_order, list(unreadable.values()), going_on)

    def _is_wanted(self, booking: Booking, wanted: Filter) -> bool:
        with_state = booking.state in wanted.states if wanted.states else not booking.state.ended
        with_reason = not wanted.reasons or booking.reason in wanted.reasons
        return with_state and with_reason and booking.accepted_at <= self._clock.now() - wanted.older_than

    def _pages(self, wanted: Filter, after: ListCursor | None) -> Iterator[tuple[BookingsPage, ListCursor | None]]:
        """Yield pages, each with the position after it."""
        sources = _sources(wanted)
        if after is not None:
            sources = sources[sources.index(after.source) :] if after.source in sources else []
        key = None if after is None else after.key
        for place, source in enumerate(sources):
            more = True
            while more:  # bounded: each page advances, and the table ends
                page = self._page(source, wanted, key)
                key, more = page.after, page.after is not None
                following = sources[place + 1 : place + 2]
                behind = ListCursor(source=source, key=key) if more else None
                yield page, behind or (ListCursor(source=following[0]) if following else None)

    def _page(self, source: Source, wanted: Filter, key: Key | None) -> BookingsPage:
        if source != ENDED:
            return self._ledger.open_page(Open(source), key)  # the index holds open bookings only
        ended = {f":{state.value}": state for state in sorted(wanted.states) if state.ended}
        values: Item = {name: {"S": state.value} for name, state in ended.items()}
        return self._ledger.page(f"#state IN ({', '.join(ended)})", {"#state": "state"}, values, key)


def _sources(wanted: Filter) -> list[Source]:
    """Return the sources of these states: the index for open bookings, the table for ended ones."""
    states = wanted.states or frozenset(state for state in State if not state.ended)
    indexes: list[Source] = ["on_its_way", "parked", "untold"]
    open_too = any(not state.ended for state in states)
    return [*(indexes if open_too else []), *([ENDED] if any(state.ended for state in states) else [])]


MOST_LOOKED_AT = 5_000
"""Records counted of each kind. With more open records the counts are lower bounds."""


@dataclass(frozen=True)
class Waiting:
    """Counts of open bookings.

    Attributes:
        on_their_way: accepted, and not yet booked, rejected or parked.
        oldest_seconds: age of the oldest of those since its acceptance; 0 if there is none.
        parked: waiting for a person.
        unreadable: open records that this release cannot read.
    """

    on_their_way: int
    oldest_seconds: float
    parked: int
    unreadable: int = 0


class Backlog:
    """Measures the open bookings."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def measure(self) -> Waiting:
        """Return the counts of open bookings; raises TableUnavailable."""
        now = self._clock.now()
        on_their_way = list(self._open(Open.ON_ITS_WAY))
        oldest = max((now - each.since for each in on_their_way if each.since is not None), default=timedelta(0))
        waiting = list(self._open(Open.PARKED))
        untold = list(self._open(Open.NOTICE_PENDING))
        parked = len(waiting) + sum(1 for each in untold if isinstance(each, Booking) and each.state.parked)
        unreadable = sum(isinstance(each, Unreadable) for each in (*on_their_way, *waiting, *untold))
        return Waiting(len(on_their_way), max(0.0, oldest.total_seconds()), parked, unreadable)

    def _open(self, kind: Open) -> Iterator[Booking | Unreadable]:
        return islice(self._ledger.records(kind), MOST_LOOKED_AT)
