"""`POST /patients/search`, and `/patients` by POST or GET: who is calling?"""

from __future__ import annotations

from convox_clinicea.startup import done as loaded
from convox_clinicea.startup import prepare

from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.convox.http import answer, api
from convox_clinicea.deadline import SystemClock
from convox_clinicea.errors import MethodNotAllowed
from convox_clinicea.lookups.pipeline import LookupPipeline
from convox_clinicea.lookups.search import SearchRequest, search_pipeline
from convox_clinicea.mobile import Mobile
from convox_clinicea.settings import SearchSettings
from convox_clinicea.telemetry import logger as make_logger
from convox_clinicea.telemetry import metrics as make_metrics

logger = make_logger()
metrics = make_metrics()
app = api(logger, metrics)
clock = SystemClock()


@cache
def settings() -> SearchSettings:
    return SearchSettings.from_environment()


@cache
def desk() -> LookupPipeline[SearchRequest, Mobile]:
    return search_pipeline(settings(), clock, logger, metrics)


prepare(desk)


@app.post("/patients/search")
@app.post("/patients")
def search_by_post() -> Response[str]:
    return desk().answer(app.current_event)


@app.get("/patients")
def search_by_get() -> Response[str]:
    if not settings().search_by_get:
        raise MethodNotAllowed("the search by GET is switched off", "POST")
    return desk().answer(app.current_event)


@logger.inject_lambda_context(clear_state=True, log_event=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return answer(app, event, context, metrics, clock)


loaded()
