"""How bad things are: the shares of everything that goes wrong, derived from one number, and when it ends."""

from __future__ import annotations

from random import Random

from tests.chaos.scheduler import Killed, Process, Scheduler

OF_AWS = 0.08
"""The share of AWS calls that are hit, of the share of Clinicea calls."""
OF_AWS_IN_A_STORM = 1.5
BETWEEN_STORMS, STORM_SECONDS = 2400.0, (30.0, 400.0)
"""How often, on the average, and for how long AWS's services fail a lot."""
OF_CLINICEA_IN_AN_OUTAGE = 0.95
BETWEEN_OUTAGES, OUTAGE_SECONDS = 7200.0, (300.0, 3600.0)


class Weather:
    """Bad until `fair_from`, in virtual seconds; then nothing goes wrong any more.

    Args:
        faults: the share of Clinicea calls that are hit, 0 to 1; the other shares follow it.
    """

    def __init__(self, faults: float, fair_from: float, scheduler: Scheduler, chance: Random) -> None:
        self._faults = faults
        self.fair_from = fair_from
        self._scheduler = scheduler
        self._storms = _windows(fair_from, chance, BETWEEN_STORMS, STORM_SECONDS)
        self._outages = _windows(fair_from, chance, BETWEEN_OUTAGES, OUTAGE_SECONDS)

    def share(self, of_faults: float = 1.0) -> float:
        """Return the share of things that go wrong now, as a part of `faults`."""
        return self._faults * of_faults if self._scheduler.now < self.fair_from else 0.0

    def clinicea_share(self) -> float:
        """Return the share of Clinicea calls that go wrong now."""
        share = self.share()
        return OF_CLINICEA_IN_AN_OUTAGE if share and self._within(self._outages) else share

    def aws_share(self) -> float:
        """Return the share of AWS calls that go wrong now."""
        return self.share(OF_AWS_IN_A_STORM if self._within(self._storms) else OF_AWS)

    def _within(self, windows: list[tuple[float, float]]) -> bool:
        while windows and windows[0][1] < self._scheduler.now:
            windows.pop(0)
        return bool(windows) and windows[0][0] <= self._scheduler.now


def _windows(until: float, chance: Random, between: float, lengths: tuple[float, float]) -> list[tuple[float, float]]:
    """Return the beginnings and ends of bad times, so many seconds apart on the average."""
    windows = []
    at = chance.expovariate(1 / between)
    while at < until:
        end = at + chance.uniform(*lengths)
        windows.append((at, end))
        at = end + chance.expovariate(1 / between)
    return windows


class RandomFates:
    """Processes freeze and die by chance, at any step."""

    KILLED = 0.012
    FROZEN = 0.02

    def __init__(self, weather: Weather, chance: Random) -> None:
        self._weather = weather
        self._chance = chance

    def at_step(self, process: Process, label: str) -> float:
        share = self._weather.share()
        if not share:
            return 0.0
        drawn = self._chance.random() / share
        if drawn < self.KILLED:
            raise Killed(label)
        if drawn < self.KILLED + self.FROZEN:
            return self._chance.uniform(*self._chance.choice(((0.05, 1.0), (1.0, 10.0), (10.0, 40.0))))
        return 0.0
