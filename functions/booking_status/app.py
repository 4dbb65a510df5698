"""`GET /bookings/{booking_id}`, `GET /calls/{call_id}/bookings`, `GET /calls/bookings`: how do bookings stand?"""

from __future__ import annotations

from convox_clinicea.startup import done as loaded

from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.bookings.replies import booking, bookings
from convox_clinicea.bookings.status import BookingStatus, booking_status_from, record_shown
from convox_clinicea.convox.disclosing import register_from
from convox_clinicea.convox.http import answer, api, before_the_time_out, caller_of, path_parameter, reply
from convox_clinicea.convox.request import CallRequest, ids_from, validated
from convox_clinicea.deadline import SystemClock
from convox_clinicea.disclosures import DisclosureRegister
from convox_clinicea.rate_limits import RateLimiter, status_limiter
from convox_clinicea.settings import StatusSettings
from convox_clinicea.telemetry import logger as make_logger
from convox_clinicea.telemetry import metrics as make_metrics

logger = make_logger()
metrics = make_metrics()
app = api(logger, metrics)
clock = SystemClock()


class Parts(NamedTuple):
    status: BookingStatus
    register: DisclosureRegister
    allowance: RateLimiter


@cache
def parts() -> Parts:
    settings = StatusSettings.from_environment()
    register = register_from(settings, ZoneInfo(settings.time_zone), ids_from(settings), clock, logger)
    return Parts(booking_status_from(settings, clock), register, status_limiter(settings, clock, logger, metrics))


@app.get("/bookings/{booking_id}")
def booking_status() -> Response[str]:
    event = app.current_event
    parts().allowance.acquire_status(caller_of(event))
    found = parts().status.of(path_parameter(event, "booking_id"), caller_of(event))
    record_shown([found], parts().register, event, clock)
    return reply(booking(found))


@app.get("/calls/{call_id}/bookings")
def call_bookings() -> Response[str]:
    return _of_call(path_parameter(app.current_event, "call_id"))


@app.get("/calls/bookings")
def call_bookings_by_query() -> Response[str]:
    return _of_call(app.current_event.get_query_string_value("call_id"))


def _of_call(call_id: str | None) -> Response[str]:
    parts().allowance.acquire_status(caller_of(app.current_event))
    agent_id = app.current_event.get_query_string_value("agent_id")
    asked = {"call_id": call_id, "agent_id": agent_id}
    request = validated(CallRequest, **{name: each for name, each in asked.items() if each is not None})
    found = parts().status.of_call(request.call_id, caller_of(app.current_event), request.agent_id)
    record_shown(found.bookings, parts().register, app.current_event, clock)
    return reply(bookings(found))


@logger.inject_lambda_context(clear_state=True, log_event=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    with before_the_time_out(context, clock):
        return answer(app, event, context, metrics, clock)


loaded()
