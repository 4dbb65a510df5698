"""Time and randomness, replaceable in tests, and deadlines for every outbound call."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, Self

source: random.Random = random.SystemRandom()


def randomness() -> random.Random:
    """Return the random source of jitter and tokens: the operating system's, or a simulation's seeded one."""
    return source


def fresh_token() -> str:
    """Return 32 random hexadecimal digits."""
    return f"{source.getrandbits(128):032x}"


OLDEST_LIVE_REQUEST_SECONDS = 30.0

CLOCKS_APART = timedelta(minutes=5)
"""Longest time that another system's clock may be ahead of ours before its times are ignored."""


class Clock(Protocol):
    """Source of time; code that waits or writes timestamps takes it as an argument."""

    def now(self) -> datetime:
        """Return the wall-clock time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds of a monotonic clock."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The system's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True)
class Deadline:
    """A time on `clock` at which waiting ends."""

    clock: Clock
    at: float

    @classmethod
    def after(cls, clock: Clock, seconds: float) -> Self:
        """Return the deadline `seconds` from now."""
        return cls(clock, clock.monotonic() + seconds)

    @classmethod
    def since_request(cls, clock: Clock, request_epoch_ms: int, budget_seconds: float) -> Self:
        """Return the deadline `budget_seconds` after API Gateway received the request.

        The gateway's clock and ours may differ, so the time already spent counts as zero at least, and a tenth of the
        budget always remains. A request older than API Gateway's own limit is a recorded event, and has the whole
        budget.
        """
        spent = clock.now().timestamp() - request_epoch_ms / 1000
        if spent > OLDEST_LIVE_REQUEST_SECONDS:
            spent = 0.0
        left = budget_seconds - min(max(spent, 0.0), budget_seconds)
        return cls.after(clock, max(left, budget_seconds / 10))

    def remaining(self) -> float:
        """Return the seconds left, at least 0."""
        return max(0.0, self.at - self.clock.monotonic())

    @property
    def expired(self) -> bool:
        return self.remaining() <= 0.0

    def capped(self, seconds: float) -> Deadline:
        """Return the earlier of this deadline and `seconds` from now."""
        return Deadline(self.clock, min(self.at, self.clock.monotonic() + seconds))
