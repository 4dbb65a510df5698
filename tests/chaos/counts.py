"""What the functions count, by the invocation that counted it: the traces on which an operator's alarms rest."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from tests.chaos.recorder import Recorder
from tests.chaos.scheduler import Scheduler

ALARMING = frozenset({"CallStatusFailed", "CallNotBooked"})
"""Metrics with an alarm at the first: a call whose callback failed, or could not be booked."""


class Counts:
    """Stands in for Powertools' metrics, which keep one set for a whole process.

    Args:
        recorder: gets every value, too.
    """

    def __init__(self, scheduler: Scheduler, recorder: Recorder | None) -> None:
        self._scheduler = scheduler
        self._recorder = recorder
        self.alarmed: set[str] = set()
        """The invocations that counted something alarming."""

    def metrics(self) -> Metrics:
        """Return what a function that is just being loaded counts with."""
        return Metrics(self, os.environ["POWERTOOLS_SERVICE_NAME"])

    def note(self, service: str, name: str, value: float) -> None:
        running = self._scheduler.current
        if name in ALARMING and running is not None:
            self.alarmed.add(running.name)
        if self._recorder is not None:
            self._recorder.note(name, value, service=service)


class Metrics:
    """As much of Powertools' `Metrics` as the functions use."""

    def __init__(self, counts: Counts, service: str) -> None:
        self._counts = counts
        self._service = service

    def add_metric(self, name: str, unit: object, value: float) -> None:
        del unit
        self._counts.note(self._service, name, value)

    def flush_metrics(self) -> None:
        """Do nothing: what is counted is there at once."""

    def log_metrics(self, **_how: object) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return lambda handler: handler
