"""A Lambda function: its logger, metrics and clock, and what it is built from at its first use."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Generic, TypeVar

from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea import telemetry
from convox_clinicea.deadline import Clock, SystemClock

T = TypeVar("T")
Event = dict[str, Any]
Work = Callable[[Event, LambdaContext], Any]


class Function(Generic[T]):
    """What every function has.

    Args:
        build: makes what the function works with, from the function itself; called at the first use and kept.
            Importing a handler needs no environment and no network.
    """

    def __init__(self, build: Callable[[Function[T]], T]) -> None:
        self.logger = telemetry.logger()
        self.metrics = telemetry.metrics()
        self.clock: Clock = SystemClock()
        self.parts = cache(lambda: build(self))

    def handles(self, work: Work) -> Work:
        """Decorate the handler: each invocation has a log context and a batch of metrics of its own.

        The event is never logged: it is a patient's data.
        """
        counted = self.metrics.log_metrics(capture_cold_start_metric=True)(work)
        handler: Work = self.logger.inject_lambda_context(clear_state=True, log_event=False)(counted)
        return handler
