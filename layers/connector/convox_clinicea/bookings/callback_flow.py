"""The flow of `call_status`: a status callback is traced before all else, then handled and answered."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea.bookings.call_status import CallbackCollaborators, StatusReader, callback_collaborators
from convox_clinicea.bookings.callback_traces import closing, counted, log_receipt, seen_at_least
from convox_clinicea.bookings.intake import or_not_stored
from convox_clinicea.bookings.replies import call_status
from convox_clinicea.convox.aliases import naming_aliases
from convox_clinicea.convox.http_function import HttpFunction, caller_of
from convox_clinicea.function import Function
from convox_clinicea.rate_limits import RateLimiter, Requester, booking_limiter
from convox_clinicea.settings import CallStatusSettings

Parts = tuple[CallbackCollaborators, RateLimiter]


def callback_parts(function: Function[Parts]) -> Parts:
    """Return what callbacks are handled with, from the function's environment."""
    settings = CallStatusSettings.from_environment()
    limiter = booking_limiter(settings, function.clock, function.logger, function.metrics)
    return callback_collaborators(settings, function.clock, function.metrics), limiter


def answer_callback(function: HttpFunction[Parts], event: APIGatewayProxyEvent) -> Response[str]:
    """Return the answer to a status callback.

    Nobody sends it again, so call and agent are logged and counted before the first write is tried.

    Raises:
        Unauthorized, InvalidRequest, TooLarge, ConsentRequired, RateLimited: of the request.
        NotStored: it could not be stored; the trace says so, and an alarm rings.
    """
    with counted(function.metrics):
        client = caller_of(event)
        with seen_at_least(function.logger, event, client), or_not_stored():
            (settings, dialects, defaults, callbacks, announced, ids), limiter = function.parts()
        dialect = dialects.for_client(client)
        reader = StatusReader(client, dialect, defaults, context_required=settings.require_call_context)
        callback = reader.read(event)
        log_receipt(function.logger, callback, defaults.default_country)
        with closing(announced, callback, ids, function.logger):
            limiter.acquire_booking(Requester(client, callback.caller.agent_id))
            with naming_aliases(callback.aliases_used):
                result = callbacks.handle(callback)
            return call_status(result, event, settings.accepted_status)
