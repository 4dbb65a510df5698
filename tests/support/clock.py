"""Clocks that tests own. Neither ever waits."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import cache

NOON = datetime(2031, 3, 3, 12, 0, tzinfo=UTC)


@cache
def present() -> datetime:
    """The wall clock, read once in each test: what a test sends twice is the same on both sides of a minute's end."""
    return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is advanced; `sleep` advances it.

    Attributes:
        slept: the seconds of each sleep, in order.
    """

    def __init__(self, now: datetime = NOON) -> None:
        self._began = now
        self._passed = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._began + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float = 0.0, *, minutes: float = 0.0) -> None:
        """Move on; a clock never goes back."""
        step = seconds + 60 * minutes
        if step < 0:
            raise ValueError("a clock never goes back")
        self._passed += step


class SkippingClock:
    """The machine's clock, except that sleeping takes no time: what would be slept is skipped.

    For real sockets under a deadline, where waiting between two attempts should cost the test nothing.
    """

    def __init__(self) -> None:
        self._skipped = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._skipped)

    def monotonic(self) -> float:
        return time.monotonic() + self._skipped

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Pretend that so many seconds have passed."""
        self._skipped += seconds
