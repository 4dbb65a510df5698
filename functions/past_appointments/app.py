"""`GET /patients/{patient_id}/appointments/completed`: what was done at the last visits?"""

from __future__ import annotations

from convox_clinicea.startup import done as loaded
from convox_clinicea.startup import prepare

from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.convox.http import answer, api, path_parameter
from convox_clinicea.deadline import SystemClock
from convox_clinicea.lookups.completed import CompletedRequest, completed_pipeline
from convox_clinicea.lookups.pipeline import LookupPipeline
from convox_clinicea.settings import LookupSettings
from convox_clinicea.telemetry import logger as make_logger
from convox_clinicea.telemetry import metrics as make_metrics

logger = make_logger()
metrics = make_metrics()
app = api(logger, metrics)
clock = SystemClock()


@cache
def desk() -> LookupPipeline[CompletedRequest, CompletedRequest]:
    return completed_pipeline(LookupSettings.from_environment(), clock, logger, metrics)


prepare(desk)


@app.get("/patients/{patient_id}/appointments/completed")
def past_appointments() -> Response[str]:
    return desk().answer(app.current_event, patient_id=path_parameter(app.current_event, "patient_id"))


@logger.inject_lambda_context(clear_state=True, log_event=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return answer(app, event, context, metrics, clock)


loaded()
