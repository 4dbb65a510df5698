"""The HTTP side that the flow functions share: routing, the error map, deadlines, the caller's name."""

from __future__ import annotations

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea.convox.errors import error_reply, face_of
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.errors import ConnectorError, NotFound, Unauthorized
from convox_clinicea.observability import failure


def api(logger: Logger) -> APIGatewayRestResolver:
    """Return a resolver that answers every error in the contract's shape and logs it without its values."""
    app = APIGatewayRestResolver(debug=False)

    def request_id() -> str:
        return str(app.current_event.request_context.get("requestId") or "")

    def known(error: ConnectorError) -> Response[str]:
        face = face_of(error)
        log = logger.error if face.status >= 500 else logger.info
        log("request failed", extra={"code": face.code, **failure(error)})
        return error_reply(error, request_id())

    def unforeseen(error: Exception) -> Response[str]:
        logger.error("request failed", extra={"code": "internal", **failure(error)})
        return error_reply(ConnectorError("unforeseen"), request_id())

    app.exception_handler(ConnectorError)(known)
    app.exception_handler(NotFoundError)(lambda _: error_reply(NotFound("no such route"), request_id()))
    # The last resort: Lambda's runtime would log the exception's text, which may quote a patient's data.
    app.exception_handler(Exception)(unforeseen)
    return app


def lookup_deadline(event: APIGatewayProxyEvent, clock: Clock, budget_seconds: float) -> Deadline:
    """Return the moment by which a look-up has answered, counted from when the gateway took the request."""
    epoch = event.raw_event["requestContext"].get("requestTimeEpoch")
    return Deadline.since_request(clock, int(epoch or clock.now().timestamp() * 1000), budget_seconds)


def caller_of(event: APIGatewayProxyEvent) -> str:
    """Return the authenticated caller's name, which the authorizer put into the context; raises Unauthorized."""
    authorizer = event.raw_event["requestContext"].get("authorizer") or {}
    if not authorizer.get("caller"):
        raise Unauthorized("no caller in the authorizer's context")
    return str(authorizer["caller"])
