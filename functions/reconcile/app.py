"""Comparison of the ledger with Clinicea's calendar, each night or on request; read-backs of tasks."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.bookings.nights import comparison_of, look_at_tasks
from convox_clinicea.function import Function

function = Function(comparison_of)


@function.handles
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    look_at_tasks(function, event, context.get_remaining_time_in_millis() / 1000)
    report, nightly = function.parts().compare(event, context.get_remaining_time_in_millis() / 1000)
    for name, value in report.counts().items():
        function.metrics.add_metric(name, MetricUnit.Count, value)
    if nightly:
        function.metrics.add_metric("ReconcileFinished", MetricUnit.Count, int(report.after is None))
    function.logger.info("reconciled", extra=report.logged())
    return report.answered()


loaded()
