"""How many look-ups a caller, and one of its agents, may make in a minute: the brake on walking through numbers.

The caller's name is authenticated, the agent's id is a claim of the caller's: an agent who changes the id escapes the
agent's limit, never the caller's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sized
from dataclasses import dataclass
from typing import NamedTuple

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.errors import RateLimited
from convox_clinicea.observability import failure
from convox_clinicea.privacy import MASK, is_telling
from convox_clinicea.table import LedgerUnavailable, Table

MINUTE = 60
WALK_SECONDS = 600
"""The window in which searches that found nobody are counted together."""
KEPT_SECONDS = 3600
CALLERS_SHARE = 10
"""So many agents' usual misses are usual for all agents of a caller together."""
SHORTEST_NOTE_SECONDS = 0.3
"""A miss is not counted when less of the answer's time is left."""
DIGEST_LENGTH = 10


class Asker(NamedTuple):
    """Who makes a look-up: the caller, authenticated, and the agent that it names."""

    caller: str
    agent: str | None


@dataclass(frozen=True)
class Limits:
    """The deployment's limits, each off at 0."""

    per_caller_minute: int
    per_agent_minute: int
    suspected_after_misses: int
    """How many look-ups of one agent may find nothing in ten minutes and are still nothing unusual."""


class Allowance:
    """Counts look-ups in fixed windows, in the ledger's table, for all Lambdas together.

    Args:
        table: one whose client answers at once or not at all, for an agent is waiting.
    """

    def __init__(self, table: Table, limits: Limits, clock: Clock, logger: Logger, metrics: Metrics) -> None:
        self._table = table
        self._limits = limits
        self._clock = clock
        self._logger = logger
        self._metrics = metrics

    def take(self, asker: Asker) -> None:
        """Count one look-up, before anything goes to Clinicea; raises RateLimited once a limit is reached.

        When the table does not answer, the look-up goes on uncounted, and that is told as `LookupsUncounted`: the
        limits slow down somebody who has a token, and a call centre must not stand still for their sake.
        """
        limits = {f"caller#{asker.caller}": self._limits.per_caller_minute}
        if asker.agent is not None:
            limits = {_agent_key(asker): self._limits.per_agent_minute, **limits}
        for key, limit in limits.items():
            counted = self._counted(key, limit, MINUTE) if limit else True
            if counted is None:
                return  # nor is the other one tried: each try may take a second of the answer's time
            if not counted:
                scope = key.split("#", 1)[0]
                raise RateLimited(f"look-ups of this {scope} in a minute: {limit}", self._left_of(MINUTE))

    def note_search(self, asker: Asker, found: Sized | None, deadline: Deadline) -> None:
        """Count a look-up that found nothing; more of them than usual are told as `EnumerationSuspected`.

        They are counted by agent, and by caller: who claims another agent with each is seen by the second alone.
        """
        usual = self._limits.suspected_after_misses
        if found is None or len(found) or not usual:
            return
        suspected = False
        for key, limit in {_agent_key(asker): usual, f"caller#{asker.caller}": usual * CALLERS_SHARE}.items():
            if deadline.remaining() < SHORTEST_NOTE_SECONDS:
                break
            counted = self._counted(f"misses#{key}", limit, WALK_SECONDS)
            if counted is None:
                break
            suspected = suspected or not counted
        if suspected:
            self._metrics.add_metric("EnumerationSuspected", MetricUnit.Count, 1)
            # The id is the caller's free text: a number that was put there may be a patient's.
            agent = MASK if is_telling(asker.agent or "") else asker.agent
            self._logger.warning("many look-ups found nothing", extra={"caller": asker.caller, "agent": agent})

    def _counted(self, key: str, limit: int, window_seconds: int) -> bool | None:
        """Return False if the limit had been reached, None if that cannot be told."""
        now = int(self._clock.now().timestamp())
        window = now // window_seconds
        try:
            return self._table.increase(f"lookups#{key}#{window}", limit, now + window_seconds + KEPT_SECONDS)
        except LedgerUnavailable as error:
            self._metrics.add_metric("LookupsUncounted", MetricUnit.Count, 1)
            self._logger.error("a look-up was not counted", extra=failure(error))
            return None

    def _left_of(self, window_seconds: int) -> int:
        return window_seconds - int(self._clock.now().timestamp()) % window_seconds


def _agent_key(asker: Asker) -> str:
    """Name the agent in a key. The id is a claim in free text, up to 128 characters: a digest bounds the key.

    It hides nothing, having no key, and need not: the agent's id stands in plain with bookings and disclosures.
    """
    digest = hashlib.sha256((asker.agent or "").encode()).hexdigest()
    return f"agent#{asker.caller}#{digest[:DIGEST_LENGTH]}"
