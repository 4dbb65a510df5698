"""How long a booking that cannot be taken further now is left alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from convox_clinicea import chance
from convox_clinicea.clinicea.errors import RateLimited
from convox_clinicea.errors import ConnectorError

FIRST_SECONDS = 2.0
LONGEST_SECONDS = 900.0
LEFT_TO_A_PERSON = timedelta(minutes=10)
"""Before its start, in which a booking is waited with for no other but a minute."""
LOOKS_OF_A_MINUTE = 4
LOOKED_AT_BY_NOW = timedelta(minutes=5)
"""After a booking was sent, in which a worker has looked at it, unless the queue is slow."""


@dataclass(frozen=True)
class Wait:
    """Let the message reappear after `seconds`; `cause` is what stood in the way."""

    seconds: float
    cause: ConnectorError | None = None


def wait_for(cause: ConnectorError | None, received: int) -> Wait:
    """Return an exponential wait with jitter, at least as long as Clinicea asked for.

    Args:
        received: how often the message has been received, from 1.
    """
    longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(received, 10))
    seconds = chance.source.uniform(longest / 2, longest)
    if isinstance(cause, RateLimited) and cause.retry_after is not None:
        seconds = max(seconds, min(cause.retry_after, LONGEST_SECONDS))
    return Wait(seconds, cause)


def wait_until(latest: datetime, now: datetime, received: int) -> Wait | None:
    """Return a wait for another booking that leaves a person time before `latest`; None if there is none to leave.

    Args:
        received: how often the message has been received, from 1; the first waits are short, and end before `latest`.
    """
    wait = wait_for(None, received)
    left = (latest - now).total_seconds()
    beforehand = left - LEFT_TO_A_PERSON.total_seconds()
    if beforehand > 0:
        return replace(wait, seconds=min(wait.seconds, beforehand))
    return wait if received <= LOOKS_OF_A_MINUTE and wait.seconds < left else None
