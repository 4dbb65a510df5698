"""Writes down what the functions count in a run, at virtual time, as CloudWatch would get it."""

from __future__ import annotations

from typing import TextIO

from commands.series import Sample
from convox_clinicea.errors import ConnectorError
from convox_clinicea.metering import counted
from tests.chaos.queue import Queue
from tests.chaos.scheduler import Scheduler

NAMESPACE = "ConvoxClinicea"
MINUTE = 60.0


class Recorder:
    """Writes values into a file, and stands in for the client's observer."""

    def __init__(self, into: TextIO, scheduler: Scheduler) -> None:
        self._into = into
        self._scheduler = scheduler

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
