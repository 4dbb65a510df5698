"""Each night, or when it is asked for: the ledger against Clinicea's calendar."""

from __future__ import annotations

from convox_clinicea.loading import done as loaded

from collections import Counter
from functools import cache
from typing import Any, NamedTuple

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.bookings.nights import Nights
from convox_clinicea.bookings.reconcile import (
    WHILE_SOMEBODY_WAITS,
    Finding,
    Reconciler,
    Report,
    cursor_in,
    day_asked_for,
)
from convox_clinicea.deadline import Deadline, SystemClock
from convox_clinicea.observability import logger as make_logger
from convox_clinicea.observability import metrics as make_metrics
from convox_clinicea.settings import ReconcileSettings
from convox_clinicea.wiring.reconcile import nights_from, reconciler_from

SECONDS_KEPT_BACK = 5.0
SCHEDULED = "aws.events"
MOST_LOGGED = 500
"""Findings in a log line, which CloudWatch cuts off at 1 MB."""

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
        return _tell(_nightly(deadline))
    return _tell(_asked_for(event, deadline.capped(WHILE_SOMEBODY_WAITS)))


def _nightly(deadline: Deadline) -> Report:
    reconciler, nights = parts()
    night = nights.take_up(deadline)
    if night is None:
        return Report(0, ())
    report = reconciler.part(night.window, deadline, night.after)
    nights.put_down(night, report.after)
    metrics.add_metric("ReconcileFinished", MetricUnit.Count, int(report.after is None))
    return report


def _asked_for(event: object, deadline: Deadline) -> Report:
    day, after = day_asked_for(event), cursor_in(event)
    if day is None:
        return parts().reconciler.compare_all(clock.now(), deadline, after)
    return parts().reconciler.compare(day, deadline, after)


def _tell(report: Report) -> dict[str, Any]:
    counts = Counter(each.finding for each in report.discrepancies)
    for finding in Finding:
        metrics.add_metric(f"Reconcile{finding.value.title()}", MetricUnit.Count, counts[finding])
    metrics.add_metric("ReconcileCompared", MetricUnit.Count, report.compared)
    metrics.add_metric("ReconcileUnread", MetricUnit.Count, len(report.unread))
    found = [
        {"finding": each.finding.value, "booking_id": each.booking_id, "appointment_ids": [*each.appointment_ids]}
        for each in report.discrepancies
    ]
    told = {
        "compared": report.compared,
        "discrepancies": found,
        "unread": [day.isoformat() for day in report.unread],
        "unreadable": report.unreadable,
    }
    named = told | {"discrepancies": found[:MOST_LOGGED], "more": max(0, len(found) - MOST_LOGGED)}
    logger.info("reconciled", extra={**named, "finished": report.after is None})
    return {**told, "after": None if report.after is None else report.after.model_dump(mode="json")}


loaded()
