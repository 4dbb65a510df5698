"""Clocks on virtual time: the product's, a little wrong in each container, and the fake Clinicea's, which is right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.chaos.scheduler import Scheduler

BEGINNING = datetime(2031, 3, 3, 3, 30, tzinfo=UTC)
"""A Monday, nine o'clock in India."""
EPOCH = BEGINNING.timestamp()
"""The beginning in seconds since 1970: what AWS's own clocks add to the run's time."""


def moment(seconds: float) -> datetime:
    """Return the true time after so many seconds of the run."""
    return BEGINNING + timedelta(seconds=seconds)


class TrueClock:
    """The world's time, which AWS and Clinicea go by."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def now(self) -> datetime:
        return moment(self._scheduler.now)

    def seconds(self) -> float:
        """Return seconds since 1970."""
        return EPOCH + self._scheduler.now


class ContainerClock:
    """A container's clock: off by `skew` seconds, and standing still on its monotonic side while it is frozen."""

    def __init__(self, scheduler: Scheduler, skew: float) -> None:
        self._scheduler = scheduler
        self._skew = skew
        self._lost = 0.0

    def now(self) -> datetime:
        return moment(self._scheduler.now + self._skew)

    def monotonic(self) -> float:
        return 1000.0 + self._scheduler.now - self._lost

    def sleep(self, seconds: float) -> None:
        """Wait, as the process that runs in the container."""
        process = self._scheduler.current
        if process is None:
            raise RuntimeError("nobody sleeps outside a process")
        process.step("sleep", seconds)

    def lose(self, seconds: float) -> None:
        """Be frozen for so long without noticing."""
        self._lost += seconds
