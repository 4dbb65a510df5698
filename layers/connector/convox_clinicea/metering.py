"""Metrics of Clinicea's calls and of entries that could not be recorded.

`docs/metrics.md` lists every metric with its dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from convox_clinicea.clinicea.errors import CliniceaRateLimited
from convox_clinicea.errors import ConnectorError
from convox_clinicea.function import NAMESPACE, failure


def observe_call(call: str, seconds: float, error: ConnectorError | None) -> None:
    """Emit latency, failure and rate limiting of one call to Clinicea, by call name."""
    for name, unit, value in counted(seconds, error):
        _single(name, unit, value, {"call": call})


def counted(seconds: float, error: ConnectorError | None) -> Iterator[tuple[str, MetricUnit, float]]:
    """Yield the metrics of one request to Clinicea: name, unit, value."""
    yield "CliniceaLatency", MetricUnit.Milliseconds, round(seconds * 1000, 1)
    if error is not None:
        yield (
            ("CliniceaRateLimited" if isinstance(error, CliniceaRateLimited) else "CliniceaErrors"),
            MetricUnit.Count,
            1,
        )


def observe_unclear_statuses(call: str, count: int) -> None:
    """Emit the number of an answer's records with an unknown status word, without the words."""
    _single("CliniceaStatusUnclear", MetricUnit.Count, count, {"call": call})


def observe_lost_entry(log: Logger) -> Callable[[ConnectorError], None]:
    """Return the register's observer, which logs and counts an entry that could not be written."""

    def observe(error: ConnectorError) -> None:
        log.error("disclosure not recorded", extra=failure(error))
        _single("DisclosureNotRecorded", MetricUnit.Count, 1, {})

    return observe


def _single(name: str, unit: MetricUnit, value: float, dimensions: Mapping[str, str]) -> None:
    with single_metric(name, unit, value, namespace=NAMESPACE, default_dimensions=dict(dimensions)):
        pass
