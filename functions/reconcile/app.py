"""Each night, or for a day that is asked for: the ledger against Clinicea's calendar."""

from __future__ import annotations

from convox_clinicea.loading import done as loaded

from collections import Counter
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.bookings.reconcile import Finding, Reconciler, day_asked_for
from convox_clinicea.clinics import Clinics
from convox_clinicea.deadline import Deadline, SystemClock
from convox_clinicea.observability import logger as make_logger
from convox_clinicea.observability import metrics as make_metrics
from convox_clinicea.settings import ReconcileSettings
from convox_clinicea.wiring.clinicea import clinicea_from
from convox_clinicea.wiring.deployment import clinics_from
from convox_clinicea.wiring.ledger import ledger_from

SECONDS_KEPT_BACK = 5.0

logger = make_logger()
metrics = make_metrics()
clock = SystemClock()


class Parts(NamedTuple):
    clinics: Clinics
    reconciler: Reconciler


@cache
def parts() -> Parts:
    settings = ReconcileSettings.from_environment()
    clinics = clinics_from(settings)
    clinicea = clinicea_from(settings, clinics, clock)
    return Parts(clinics, Reconciler(ledger_from(settings.ledger_table, clock), clinicea, clinics))


@logger.inject_lambda_context(clear_state=True, log_event=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    clinics, reconciler = parts()
    tomorrow = clock.now().astimezone(clinics.zone(None)).date() + timedelta(days=1)
    day = day_asked_for(event, tomorrow)
    left = context.get_remaining_time_in_millis() / 1000 - SECONDS_KEPT_BACK
    report = reconciler.compare(day, Deadline.after(clock, left))
    counts = Counter(each.finding for each in report.discrepancies)
    for finding in Finding:
        metrics.add_metric(f"Reconcile{finding.value.title()}", MetricUnit.Count, counts[finding])
    found = [
        {"finding": d.finding.value, "booking_id": d.booking_id, "appointment_ids": list(d.appointment_ids)}
        for d in report.discrepancies
    ]
    logger.info("reconciled", extra={"day": day.isoformat(), "compared": report.compared, "discrepancies": found})
    return {"day": day.isoformat(), "compared": report.compared, "discrepancies": found}


loaded()
