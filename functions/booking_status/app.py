"""`GET /bookings/{booking_id}`, `GET /calls/{call_id}/bookings`, `GET /calls/bookings`: how do bookings stand?"""

from __future__ import annotations

from convox_clinicea.loading import done as loaded

from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.bookings.status import BookingStatus
from convox_clinicea.convox.api import answer, api, caller_of, path_parameter
from convox_clinicea.convox.confirming import before_the_time_out
from convox_clinicea.convox.replies.answer import reply
from convox_clinicea.convox.replies.bookings import booking, bookings
from convox_clinicea.convox.requests.call import CallRequest
from convox_clinicea.convox.validating import validated
from convox_clinicea.deadline import SystemClock
from convox_clinicea.observability import logger as make_logger
from convox_clinicea.observability import metrics as make_metrics
from convox_clinicea.settings import StatusSettings
from convox_clinicea.wiring.ledger import booking_status_from

logger = make_logger()
metrics = make_metrics()
app = api(logger, metrics)
clock = SystemClock()


@cache
def status() -> BookingStatus:
    return booking_status_from(StatusSettings.from_environment(), clock)


@app.get("/bookings/{booking_id}")
def booking_status() -> Response[str]:
    return reply(booking(status().of(path_parameter(app.current_event, "booking_id"), caller_of(app.current_event))))


@app.get("/calls/{call_id}/bookings")
def call_bookings() -> Response[str]:
    return _of_call(path_parameter(app.current_event, "call_id"))


@app.get("/calls/bookings")
def call_bookings_by_query() -> Response[str]:
    return _of_call(app.current_event.get_query_string_value("call_id"))


def _of_call(call_id: str | None) -> Response[str]:
    request = validated(CallRequest, **({} if call_id is None else {"call_id": call_id}))
    found = status().of_call(request.call_id, caller_of(app.current_event))
    return reply(bookings(found))


@logger.inject_lambda_context(clear_state=True, log_event=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    with before_the_time_out(context, clock):
        return answer(app, event, context, metrics, clock)


loaded()
