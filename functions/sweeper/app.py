"""Each minute: what has been left lying is picked up."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded

from dataclasses import asdict
from functools import cache
from typing import Any, NamedTuple

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.bookings.listing import Backlog
from convox_clinicea.bookings.sweeper import Sweeper, backlog_from, sweeper_from
from convox_clinicea.deadline import Deadline, SystemClock
from convox_clinicea.settings import QueueSettings
from convox_clinicea.telemetry import logger as make_logger
from convox_clinicea.telemetry import metrics as make_metrics

logger = make_logger()
metrics = make_metrics()
clock = SystemClock()


class Parts(NamedTuple):
    sweeper: Sweeper
    backlog: Backlog


@cache
def parts() -> Parts:
    settings = QueueSettings.from_environment()
    return Parts(sweeper_from(settings, clock, logger), backlog_from(settings, clock))


@logger.inject_lambda_context(clear_state=True, log_event=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    swept = asdict(parts().sweeper.sweep(Deadline.after(clock, context.get_remaining_time_in_millis() / 1000)))
    for name, count in swept.items():
        metrics.add_metric(f"Swept{name.title()}", MetricUnit.Count, count)
    waiting = parts().backlog.measure()
    metrics.add_metric("OpenBookings", MetricUnit.Count, waiting.on_their_way)
    metrics.add_metric("OldestOpenBooking", MetricUnit.Seconds, round(waiting.oldest_seconds))
    metrics.add_metric("ParkedBookings", MetricUnit.Count, waiting.parked)
    metrics.add_metric("UnreadableRecords", MetricUnit.Count, waiting.unreadable)
    if waiting.unreadable:
        logger.error("records cannot be read", extra={"count": waiting.unreadable})
    logger.info("swept", extra=swept)
    return swept


loaded()
