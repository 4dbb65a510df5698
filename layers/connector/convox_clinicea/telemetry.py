"""Logs and metrics, kept free of personal data."""

from __future__ import annotations

import logging
import traceback
import warnings

from aws_lambda_powertools import Logger, Metrics

from convox_clinicea.errors import ConnectorError

NAMESPACE = "ConvoxClinicea"

# At DEBUG these write whole URLs, bodies or route arguments, secrets and patients included.
_TALKATIVE = ("urllib3", "requests", "botocore", "boto3", "aws_lambda_powertools")


def logger() -> Logger:
    """Return the function's logger; its service name comes from POWERTOOLS_SERVICE_NAME."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    return Logger()


def metrics() -> Metrics:
    """Return the function's metrics; an invocation that has none to tell is no reason for a warning."""
    warnings.filterwarnings("ignore", "No application metrics to publish")
    return Metrics(namespace=NAMESPACE)


def failure(error: BaseException) -> dict[str, object]:
    """Describe an error for a log line.

    Our own errors say nothing personal. Of any other only the type and the places are told: its text may
    quote a value.
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
