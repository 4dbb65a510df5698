"""Changes of a setting in the middle of a run: what a deployment does to functions that are at work."""

from __future__ import annotations

import os
from dataclasses import dataclass

from tests.chaos.clinicea import SimulatedClinicea
from tests.chaos.runtime import Runtime
from tests.chaos.scheduler import Scheduler

FUNCTION, SETTING = "booking_worker", "READ_BACKS"


@dataclass(frozen=True)
class Window:
    """When Clinicea's role does not permit the read-backs, in seconds of the run."""

    begins: float
    ends: float

    def concerns(self, at: float) -> bool:
        """Whether a booking that was asked for then may have been worked on, or settled, in the window."""
        return self.begins - LONGEST_SETTLED <= at <= self.ends


LONGEST_SETTLED = 3600.0
"""So long a booking asked for before the window may still be in doubt when it begins."""
BLIND_SECONDS = 60.0
"""After the deployment: longer than a worker's time-out."""


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
        self._runtime.retire(FUNCTION)
        if readable:  # a worker of the release before is still blind to the end of its message
            self._scheduler.after(BLIND_SECONDS, self._see)
        else:
            self._clinicea.unread = True

    def _see(self) -> None:
        self._clinicea.unread = False
