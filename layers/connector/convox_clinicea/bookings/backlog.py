"""How many bookings are open, and for how long the oldest has been: what tells that bookings do not get through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.record import Booking, Open
from convox_clinicea.deadline import Clock

MOST_LOOKED_AT = 5_000
"""Of each kind. With more than that open, the numbers say "at least"."""

AHEAD = timedelta(minutes=5)
"""By how much another machine's clock may be ahead of ours."""


@dataclass(frozen=True)
class Waiting:
    """The open bookings.

    Attributes:
        on_their_way: accepted, and neither booked, rejected nor parked yet.
        oldest_seconds: since the oldest of those was accepted; 0 if there is none.
        parked: waiting for a person.
    """

    on_their_way: int
    oldest_seconds: float
    parked: int


class Backlog:
    """Measures the open bookings."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def measure(self) -> Waiting:
        """Return what is open now. Raises LedgerUnavailable."""
        now = self._clock.now()
        accepted = [booking.accepted_at for booking in self._open(Open.ON_ITS_WAY, now)]
        oldest = (now - min(accepted)).total_seconds() if accepted else 0.0
        parked = sum(1 for booking in self._open(Open.PARKED, now)) + sum(
            1 for booking in self._open(Open.UNTOLD, now) if booking.state.parked
        )
        return Waiting(len(accepted), max(0.0, oldest), parked)

    def _open(self, kind: Open, now: datetime) -> Iterator[Booking]:
        return islice(self._ledger.open_before(kind, now + AHEAD), MOST_LOOKED_AT)
