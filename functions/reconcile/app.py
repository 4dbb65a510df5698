"""Each night, or when it is asked for: the ledger against Clinicea's calendar."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded

from functools import cache
from typing import Any, NamedTuple

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.bookings.findings import Report
from convox_clinicea.bookings.nights import Nights, nights_from, reconciler_from
from convox_clinicea.bookings.reconcile import Reconciler
from convox_clinicea.deadline import Deadline, SystemClock
from convox_clinicea.settings import ReconcileSettings
from convox_clinicea.telemetry import logger as make_logger
from convox_clinicea.telemetry import metrics as make_metrics

SECONDS_KEPT_BACK = 5.0
SCHEDULED = "aws.events"

logger = make_logger()
metrics = make_metrics()
clock = SystemClock()


class Parts(NamedTuple):
    reconciler: Reconciler
    nights: Nights


@cache
def parts() -> Parts:
    settings = ReconcileSettings.from_environment()
    return Parts(reconciler_from(settings, clock), nights_from(settings, clock))


@logger.inject_lambda_context(clear_state=True, log_event=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    deadline = Deadline.after(clock, context.get_remaining_time_in_millis() / 1000 - SECONDS_KEPT_BACK)
    if isinstance(event, dict) and event.get("source") == SCHEDULED:
        report = _nightly(deadline)
    else:
        report = parts().reconciler.asked_for(event, clock.now(), deadline)
    for name, value in report.counts().items():
        metrics.add_metric(name, MetricUnit.Count, value)
    logger.info("reconciled", extra=report.logged())
    return report.answered()


def _nightly(deadline: Deadline) -> Report:
    report = parts().nights.compare(parts().reconciler, deadline)
    if report is None:
        return Report(0, ())
    metrics.add_metric("ReconcileFinished", MetricUnit.Count, int(report.after is None))
    return report


loaded()
