"""Deployments in the middle of a run: of a setting, or of another release beside the one that is at work."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from random import Random

from tests.chaos.clinicea import SimulatedClinicea
from tests.chaos.releases import TODAY, Release
from tests.chaos.runtime import Runtime
from tests.chaos.scheduler import Scheduler

FUNCTION, SETTING = "booking_worker", "READ_BACKS"


@dataclass(frozen=True)
class Window:
    """When Clinicea's role does not permit the read-backs, in seconds of the run."""

    begins: float
    ends: float

    def concerns(self, parked: float) -> bool:
        """Whether a booking whose record was last written then may have been parked by a worker that could not read."""
        return self.begins <= parked <= self.ends + BLIND_SECONDS + NOTICE_SECONDS


BLIND_SECONDS = 60.0
"""After the deployment: longer than a worker's time-out."""
NOTICE_SECONDS = 600.0
"""After a booking was parked: its notice, published by the sweeper at the latest, is the last write."""


class WithoutReadBacks:
    """Deploys `ReadBacks=false`, and back again; workers of the release before go on to the end of their message."""

    def __init__(self, window: Window, clinicea: SimulatedClinicea, runtime: Runtime, scheduler: Scheduler) -> None:
        self.window = window
        self._clinicea = clinicea
        self._runtime = runtime
        self._scheduler = scheduler
        scheduler.at(window.begins, lambda: self._deploy(readable=False))
        scheduler.at(window.ends, lambda: self._deploy(readable=True))

    def _deploy(self, *, readable: bool) -> None:
        os.environ[SETTING] = "true" if readable else "false"
        self._runtime.deploy(FUNCTION)
        if readable:  # a worker of the release before is still blind to the end of its message
            self._scheduler.after(BLIND_SECONDS, self._see)
        else:
            self._clinicea.unread = True

    def _see(self) -> None:
        self._clinicea.unread = False


FORTH_AND_BACK = (0.15, 0.4, 0.65)
"""When the later release is deployed, today's once more, and the later one for good, in shares of a run."""
ONE_BY_ONE = 300.0
"""Seconds in which CloudFormation changes the functions, in no order that holds."""


class TwoReleases:
    """Deploys the later release, rolls it back, and deploys it again; for minutes each time both are at work."""

    def __init__(
        self,
        later: Release,
        span: float,
        functions: Iterable[str],
        runtime: Runtime,
        scheduler: Scheduler,
        chance: Random,
    ) -> None:
        names = sorted(functions)
        for share, release in zip(FORTH_AND_BACK, (later, TODAY, later), strict=True):
            for name in names:
                at = span * share + chance.uniform(0.0, min(ONE_BY_ONE, span / 8))
                scheduler.at(at, partial(runtime.deploy, name, release))
