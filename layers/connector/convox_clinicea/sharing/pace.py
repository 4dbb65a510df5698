"""Paces towards Clinicea: one over all Lambdas, in requests a second, and a steady one of a single Lambda."""

from __future__ import annotations

from convox_clinicea.clinicea.wire import NoAnswer, Transport, WireAnswer, WireRequest
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.errors import raise_alone
from convox_clinicea.table import LedgerUnavailable, Table

KEPT_SECONDS = 3600


class PacedTransport:
    """Waits for its turn before it sends; the turns of each second are counted in the ledger's table."""

    def __init__(self, transport: Transport, table: Table, per_second: int, clock: Clock) -> None:
        self._transport = transport
        self._table = table
        self._per_second = per_second
        self._clock = clock

    def send(self, request: WireRequest, deadline: Deadline) -> WireAnswer:
        """Send in turn; raises NoAnswer, certainly not having sent, if no turn comes before the deadline."""
        while not self._turn(deadline):  # bounded by the deadline
            now = self._clock.now().timestamp()
            until_next_second = 1.0 - now % 1.0
            if deadline.remaining() <= until_next_second:
                raise NoAnswer(left=False, timed_out=True)
            self._clock.sleep(until_next_second)
        return self._transport.send(request, deadline)

    def _turn(self, deadline: Deadline) -> bool:
        second = int(self._clock.now().timestamp())
        try:
            return self._table.increase(f"pace#{second}", self._per_second, second + KEPT_SECONDS)
        except LedgerUnavailable:
            raise_alone(NoAnswer(left=False, timed_out=deadline.expired))


class SteadyTransport:
    """Lets a time pass between two requests: for a Lambda that has many to make, and nobody waits for."""

    def __init__(self, transport: Transport, seconds_between: float, clock: Clock) -> None:
        self._transport = transport
        self._between = seconds_between
        self._clock = clock
        self._next_at = clock.monotonic()

    def send(self, request: WireRequest, deadline: Deadline) -> WireAnswer:
        """Send in turn; raises NoAnswer, certainly not having sent, if the turn does not come before the deadline."""
        wait = self._next_at - self._clock.monotonic()
        if wait > 0:
            if deadline.remaining() <= wait:
                raise NoAnswer(left=False, timed_out=True)
            self._clock.sleep(wait)
        self._next_at = self._clock.monotonic() + self._between
        return self._transport.send(request, deadline)
