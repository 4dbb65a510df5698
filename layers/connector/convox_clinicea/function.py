"""A Lambda function: logger, metrics, clock and lazily built collaborators. Logs are kept free of personal data."""

from __future__ import annotations

import logging
import traceback
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any, Generic, TypeVar

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.deadline import Clock, SystemClock
from convox_clinicea.errors import ConnectorError

NAMESPACE = "ConvoxClinicea"

# At DEBUG these log whole URLs, bodies or route arguments, with secrets and patients' data.
_TALKATIVE = ("urllib3", "requests", "botocore", "boto3", "aws_lambda_powertools")


def logger() -> Logger:
    """Return the function's logger; its service name comes from POWERTOOLS_SERVICE_NAME."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    return Logger()


def metrics() -> Metrics:
    """Return the function's metrics, without Powertools' warning about invocations without metrics."""
    warnings.filterwarnings("ignore", "No application metrics to publish")
    return Metrics(namespace=NAMESPACE)


def failure(error: BaseException) -> dict[str, object]:
    """Return an error's description for a log line.

    The text of our own errors holds no personal data. Of other errors only type and places are logged, because their
    text may quote a value.
    """
    described: dict[str, object] = {"error": type(error).__name__}
    if isinstance(error, ConnectorError):
        described["detail"] = str(error)
    else:
        frames = traceback.extract_tb(error.__traceback__)
        described["at"] = [f"{_place(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
    return described


def _place(filename: str) -> str:
    return "/".join(filename.rsplit("/", 2)[-2:])


T = TypeVar("T")
Event = dict[str, Any]
Work = Callable[[Event, LambdaContext], Any]


class Function(Generic[T]):
    """A Lambda function with logger, metrics, clock and its parts.

    Args:
        build: builds the function's parts from the function itself; called on first use and cached.
            Importing a handler needs no environment and no network.
    """

    def __init__(self, build: Callable[[Function[T]], T]) -> None:
        self.logger = logger()
        self.metrics = metrics()
        self.clock: Clock = SystemClock()
        self.parts = cache(lambda: build(self))

    def handles(self, work: Work) -> Work:
        """Decorate the handler: each invocation has its own log context and metrics.

        The event is never logged, because it holds a patient's data.
        """
        counted = self.metrics.log_metrics(capture_cold_start_metric=True)(work)
        handler: Work = self.logger.inject_lambda_context(clear_state=True, log_event=False)(counted)
        return handler
