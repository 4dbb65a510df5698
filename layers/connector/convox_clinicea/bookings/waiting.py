"""How long a booking that cannot be taken further now is left alone."""

from __future__ import annotations

from dataclasses import dataclass

from convox_clinicea import chance
from convox_clinicea.clinicea.errors import RateLimited
from convox_clinicea.errors import ConnectorError

FIRST_SECONDS = 2.0
LONGEST_SECONDS = 900.0


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
