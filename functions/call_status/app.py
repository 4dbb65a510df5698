"""`POST /calls/status`: what the agent recorded of a call; where that is an appointment, it becomes the booking."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded

from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.bookings.call_status import CallbackCollaborators, StatusReader, callback_collaborators
from convox_clinicea.bookings.callback_traces import closing, counted, log_receipt, seen_at_least
from convox_clinicea.bookings.intake import or_not_stored
from convox_clinicea.bookings.replies import call_status as call_status_reply
from convox_clinicea.convox.http import answer, api, before_the_time_out, caller_of
from convox_clinicea.deadline import SystemClock
from convox_clinicea.rate_limits import RateLimiter, Requester, booking_limiter
from convox_clinicea.settings import CallStatusSettings
from convox_clinicea.telemetry import logger as make_logger
from convox_clinicea.telemetry import metrics as make_metrics

logger = make_logger()
metrics = make_metrics()
app = api(logger, metrics)
clock = SystemClock()


@cache
def desk() -> CallbackCollaborators:
    return callback_collaborators(CallStatusSettings.from_environment(), clock, metrics)


@cache
def allowance() -> RateLimiter:
    return booking_limiter(CallStatusSettings.from_environment(), clock, logger, metrics)


@app.post("/calls/status")
def call_status() -> Response[str]:
    with counted(metrics):
        caller = caller_of(app.current_event)
        with seen_at_least(logger, app.current_event, caller), or_not_stored():
            settings, dialects, place, callbacks, announced, ids = desk()
        reader = StatusReader(
            caller, dialects.for_client(caller), place, context_required=settings.require_call_context
        )
        callback = reader.read(app.current_event)
        log_receipt(logger, callback, place.default_country)
        with closing(announced, callback, ids, logger):
            allowance().acquire_booking(Requester(caller, callback.caller.agent_id))
            return call_status_reply(callbacks.handle(callback), app.current_event, settings.accepted_status)


@logger.inject_lambda_context(clear_state=True, log_event=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    with before_the_time_out(context, clock):
        return answer(app, event, context, metrics, clock)


loaded()
