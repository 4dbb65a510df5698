"""One request under the retry rule: send, judge, wait, send again, or raise one leaf of the error tree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from convox_clinicea import chance
from convox_clinicea.clinicea.answers import failure_of, failure_without_answer
from convox_clinicea.clinicea.call_table import CallSpec, CallTable
from convox_clinicea.clinicea.calls import writes
from convox_clinicea.clinicea.errors import CliniceaError
from convox_clinicea.clinicea.retrying import pause_before_retry
from convox_clinicea.clinicea.wire import NoAnswer, Transport, WireAnswer, WireRequest
from convox_clinicea.deadline import Clock, Deadline

Observer = Callable[[str, float, CliniceaError | None], None]
"""Told of each request: call name, seconds, and what went wrong."""


def observe_nothing(_call: str, _seconds: float, _failure: CliniceaError | None) -> None:
    """The observer of those who do not observe."""


StatusObserver = Callable[[str, int], None]
"""Told of answers with status words that the call table does not know: call name, and how many records."""


def ignore_statuses(_call: str, _count: int) -> None:
    """The status observer of those who do not observe."""


class Exchange:
    """Sends requests over a transport; the only place that sends one twice."""

    def __init__(self, transport: Transport, table: CallTable, clock: Clock, observe: Observer) -> None:
        self._transport = transport
        self._table = table
        self._clock = clock
        self._observe = observe

    def send(self, spec: CallSpec, request: WireRequest, deadline: Deadline) -> WireAnswer:
        """Return the answer to a request that succeeded; raise CliniceaError otherwise."""
        attempt = 0
        while True:  # bounded by the retry rule's MAX_ATTEMPTS
            attempt += 1
            outcome = self._once(spec, request, deadline)
            if isinstance(outcome, WireAnswer):
                return outcome
            pause = pause_before_retry(
                outcome.error,
                writes=writes(request.call),
                never_left=outcome.never_left,
                attempt=attempt,
                deadline=deadline,
                chance=chance.source,
            )
            if pause is None:
                raise outcome.error
            self._clock.sleep(pause)

    def _once(self, spec: CallSpec, request: WireRequest, deadline: Deadline) -> WireAnswer | _Failure:
        began = self._clock.monotonic()
        outcome: WireAnswer | _Failure
        try:
            outcome = self._transport.send(request, deadline)
            error = failure_of(request.call, spec, outcome, self._table, self._clock.now())
            if error is not None:
                outcome = _Failure(error, never_left=False)
        except NoAnswer as cause:
            error = failure_without_answer(request.call, cause)
            outcome = _Failure(error, never_left=not cause.left)
        self._observe(request.call, self._clock.monotonic() - began, error)
        return outcome


@dataclass(frozen=True)
class _Failure:
    error: CliniceaError
    never_left: bool
