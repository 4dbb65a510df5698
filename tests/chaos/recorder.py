"""Writes down what the functions count in a run, at virtual time, as CloudWatch would get it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TextIO

from commands.series import Sample
from convox_clinicea.errors import ConnectorError
from convox_clinicea.metering import counted
from tests.chaos.queue import Queue
from tests.chaos.scheduler import Scheduler

NAMESPACE = "ConvoxClinicea"
MINUTE = 60.0


class Recorder:
    """Stands in for Powertools' metrics, which keep one set for a whole process, and for the client's observer."""

    def __init__(self, into: TextIO, scheduler: Scheduler) -> None:
        self._into = into
        self._scheduler = scheduler

    def metrics(self) -> Metrics:
        """Return what a function that is just being loaded counts with."""
        return Metrics(self, os.environ["POWERTOOLS_SERVICE_NAME"])

    def observe(self, call: str, seconds: float, error: ConnectorError | None) -> None:
        """Note a request to Clinicea as `metering.observe_call` does."""
        running = self._scheduler.current
        service = "" if running is None else running.name.rpartition("-")[0]
        for name, _unit, value in counted(seconds, error):
            self.note(name, value, call=call, service=service)

    def note(self, name: str, value: float, **dimensions: str) -> None:
        """Write one value down."""
        self.write(NAMESPACE, name, value, **dimensions)

    def write(self, namespace: str, name: str, value: float, **dimensions: str) -> None:
        sample = Sample(round(self._scheduler.now, 1), namespace, name, dimensions, value)
        self._into.write(sample.line() + "\n")

    def watch(self, queues: dict[str, Queue]) -> None:
        """Look at the queues each minute, as SQS's own metrics do."""

        def look() -> None:
            for name, queue in queues.items():
                waiting, worked, oldest = queue.measures()
                self.write("AWS/SQS", "ApproximateNumberOfMessagesVisible", waiting, QueueName=name)
                self.write("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", worked, QueueName=name)
                self.write("AWS/SQS", "ApproximateAgeOfOldestMessage", oldest, QueueName=name)
            self._scheduler.after(MINUTE, look)

        look()


class Metrics:
    """As much of Powertools' `Metrics` as the functions use."""

    def __init__(self, recorder: Recorder, service: str) -> None:
        self._recorder = recorder
        self._service = service

    def add_metric(self, name: str, unit: object, value: float) -> None:
        del unit
        self._recorder.note(name, value, service=self._service)

    def flush_metrics(self) -> None:
        """Nothing waits here: each value is written down as it is counted."""

    def log_metrics(self, **_how: object) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        return lambda handler: handler
