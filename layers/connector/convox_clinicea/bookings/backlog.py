"""How many bookings are open, and for how long the oldest has been: what tells that bookings do not get through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.record import Booking, Open
from convox_clinicea.bookings.unreadable import Unreadable
from convox_clinicea.deadline import Clock

MOST_LOOKED_AT = 5_000
"""Of each kind. With more than that open, the numbers say "at least"."""


@dataclass(frozen=True)
class Waiting:
    """The open bookings.

    Attributes:
        on_their_way: accepted, and neither booked, rejected nor parked yet.
        oldest_seconds: since the oldest of those was accepted; 0 if there is none.
        parked: waiting for a person.
        unreadable: of all that are open, the records that this release cannot read.
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
        """Return what is open now. Raises LedgerUnavailable."""
        now = self._clock.now()
        on_their_way = list(self._open(Open.ON_ITS_WAY))
        oldest = max((now - each.since for each in on_their_way if each.since is not None), default=timedelta(0))
        waiting = list(self._open(Open.PARKED))
        untold = list(self._open(Open.UNTOLD))
        parked = len(waiting) + sum(1 for each in untold if isinstance(each, Booking) and each.state.parked)
        unreadable = sum(isinstance(each, Unreadable) for each in (*on_their_way, *waiting, *untold))
        return Waiting(len(on_their_way), max(0.0, oldest.total_seconds()), parked, unreadable)

    def _open(self, kind: Open) -> Iterator[Booking | Unreadable]:
        return islice(self._ledger.records(kind), MOST_LOOKED_AT)
