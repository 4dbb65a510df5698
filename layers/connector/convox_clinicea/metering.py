"""What is counted of Clinicea's calls. `docs/metrics.md` lists every metric with its dimensions."""

from __future__ import annotations

from aws_lambda_powertools import single_metric
from aws_lambda_powertools.metrics import MetricUnit

from convox_clinicea.clinicea.errors import RateLimited
from convox_clinicea.errors import ConnectorError
from convox_clinicea.observability import NAMESPACE


def observe_call(call: str, seconds: float, error: ConnectorError | None) -> None:
    """Observer of the Clinicea client: latency, failures and "too many requests" by call name."""
    _single("CliniceaLatency", MetricUnit.Milliseconds, round(seconds * 1000, 1), call)
    if isinstance(error, RateLimited):
        _single("CliniceaRateLimited", MetricUnit.Count, 1, call)
    elif error is not None:
        _single("CliniceaErrors", MetricUnit.Count, 1, call)


def _single(name: str, unit: MetricUnit, value: float, call: str) -> None:
    with single_metric(name, unit, value, namespace=NAMESPACE, default_dimensions={"call": call}):
        pass
