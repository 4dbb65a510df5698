"""`POST /patients/{patient_id}/appointments`: a booking for a known patient."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded

from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.bookings.intake import BookingCollaborators, booking_collaborators, or_not_stored
from convox_clinicea.bookings.replies import accepted as accepted_reply
from convox_clinicea.bookings.requests import KnownPatientBooking
from convox_clinicea.convox.http import answer, api, before_the_time_out, caller_of, path_parameter, request_id_of
from convox_clinicea.convox.request import from_request
from convox_clinicea.deadline import SystemClock
from convox_clinicea.rate_limits import RateLimiter, Requester, booking_limiter
from convox_clinicea.settings import IntakeSettings
from convox_clinicea.telemetry import logger as make_logger
from convox_clinicea.telemetry import metrics as make_metrics

logger = make_logger()
metrics = make_metrics()
app = api(logger, metrics)
clock = SystemClock()


@cache
def desk() -> BookingCollaborators:
    return booking_collaborators(IntakeSettings.from_environment(), clock)


@cache
def allowance() -> RateLimiter:
    return booking_limiter(IntakeSettings.from_environment(), clock, logger, metrics)


@app.post("/patients/{patient_id}/appointments")
def book_appointment() -> Response[str]:
    with or_not_stored():
        settings, dialects, place, intake = desk()
    caller = caller_of(app.current_event)
    dialect = dialects.for_client(caller)
    patient_id = path_parameter(app.current_event, "patient_id")
    request = from_request(KnownPatientBooking, app.current_event, dialect, patient_id=patient_id)
    request.with_context(required=settings.require_call_context, country=settings.default_country)
    allowance().acquire_booking(Requester(caller, request.agent_id))
    accepted = intake.accept(request.canonical(caller, place.in_dialect(dialect), request_id_of(app.current_event)))
    metrics.add_metric("BookingAccepted", MetricUnit.Count, int(not accepted.repeated))
    return accepted_reply(accepted, app.current_event, settings.accepted_status)


@logger.inject_lambda_context(clear_state=True, log_event=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    with before_the_time_out(context, clock):
        return answer(app, event, context, metrics, clock)


loaded()
