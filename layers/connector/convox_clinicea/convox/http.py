"""HTTP of a Lambda function behind API Gateway: routes, the error map, replies, headers and the deadline."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar
from urllib.parse import unquote

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea import errors
from convox_clinicea.aws import deadline_scope
from convox_clinicea.clinicea import errors as clinicea
from convox_clinicea.clinicea.errors import SetupFault
from convox_clinicea.deadline import OLDEST_LIVE_REQUEST_SECONDS, Clock, Deadline
from convox_clinicea.errors import ConnectorError, NotFound, Unauthorized
from convox_clinicea.function import Event, Function, Work, failure
from convox_clinicea.privacy import Personal

if TYPE_CHECKING:  # for the type checker and docs/openapi.json only, not for a cold start
    from convox_clinicea.convox import contract as answers


GUARDED = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Strict-Transport-Security": "max-age=31536000",
    }
)
"""Headers of every answer; `template.yaml` repeats them for the gateway's own answers."""


class HttpError(NamedTuple):
    """Public code and HTTP status of an error."""

    code: answers.Code
    status: HTTPStatus


INTERNAL = HttpError("internal", HTTPStatus.INTERNAL_SERVER_ERROR)

# The nearest class in an error's MRO decides.
HTTP_ERRORS: dict[type[errors.ConnectorError], HttpError] = {
    errors.ConnectorError: INTERNAL,
    errors.InvalidRequest: HttpError("invalid_request", HTTPStatus.BAD_REQUEST),
    errors.ConsentRequired: HttpError("consent_required", HTTPStatus.BAD_REQUEST),
    errors.Unauthorized: HttpError("unauthorized", HTTPStatus.UNAUTHORIZED),
    errors.NotShown: HttpError("forbidden", HTTPStatus.FORBIDDEN),
    errors.RateLimited: HttpError("rate_limited", HTTPStatus.TOO_MANY_REQUESTS),
    errors.NotFound: HttpError("not_found", HTTPStatus.NOT_FOUND),
    errors.MethodNotAllowed: HttpError("method_not_allowed", HTTPStatus.METHOD_NOT_ALLOWED),
    errors.TooLarge: HttpError("too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    errors.SecretUnavailable: HttpError("clinicea_unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
    errors.NotStored: HttpError("not_stored", HTTPStatus.SERVICE_UNAVAILABLE),
    clinicea.CliniceaError: HttpError("clinicea_rejected", HTTPStatus.BAD_GATEWAY),
    clinicea.CliniceaRateLimited: HttpError("clinicea_unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
    clinicea.Unavailable: HttpError("clinicea_unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
    clinicea.UnexpectedAnswer: HttpError("clinicea_unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
    clinicea.TimedOut: HttpError("clinicea_timeout", HTTPStatus.GATEWAY_TIMEOUT),
}


def http_error_of(error: errors.ConnectorError) -> HttpError:
    """Return the code and status of an error."""
    return next(HTTP_ERRORS[kind] for kind in type(error).__mro__ if kind in HTTP_ERRORS)


def error_reply(error: errors.ConnectorError, request_id: str) -> Response[str]:
    """Return the documented error answer, without personal data."""
    public = http_error_of(error)
    body: answers.Error = {
        "status": "error",
        "code": public.code,
        "message": error.public,
        "fields": _fields(error) if isinstance(error, errors.InvalidRequest) else [],
        "request_id": request_id,
    }
    return Response(
        status_code=public.status,
        content_type="application/json",
        body=json.dumps(body),
        headers={**GUARDED, **_headers(error)},
    )


def _headers(error: errors.ConnectorError) -> dict[str, str | list[str]]:
    """Return the headers that HTTP requires for an error."""
    match error:
        case errors.RateLimited():
            return {"Retry-After": str(error.retry_after_seconds)}
        case errors.MethodNotAllowed():
            return {"Allow": ", ".join(error.allowed)}
        case _:
            return {}


def _fields(error: errors.InvalidRequest) -> list[answers.FieldProblem]:
    named = {field: f" (sent as {alias})" for field, alias in error.aliases_used.items()}
    return [{"field": p.field, "message": p.message + named.get(p.field, "")} for p in error.problems]


SUCCESS: Literal["success"] = "success"


def reply(body: answers.Answer, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response[str]:
    """Return a successful answer."""
    return Response(
        status_code=status,
        content_type="application/json",
        body=json.dumps(body, ensure_ascii=False),
        headers={**GUARDED, **(headers or {})},
    )


def revealed(value: Personal[str] | None) -> str | None:
    """Return the value of a personal text, or None."""
    return None if value is None else value.reveal()


def written(moment: datetime | None) -> str | None:
    """Return a moment as ISO 8601 with offset, to the second, or None."""
    return None if moment is None else moment.isoformat(timespec="seconds")


T = TypeVar("T")


class HttpFunction(Function[T]):
    """A function with routes; `get` and `post` decorate them.

    Args:
        build: builds the function's parts, see `Function`.
        look_up: whether the function keeps its request's deadline itself. Any other function ends its calls to AWS
            early enough for an answer of ours, such as 503 `not_stored` (rule 22).
    """

    def __init__(self, build: Callable[[Function[T]], T], *, look_up: bool = False) -> None:
        super().__init__(build)
        self._look_up = look_up
        self._app = api(self.logger, self.metrics)
        self.get, self.post = self._app.get, self._app.post

    @property
    def event(self) -> APIGatewayProxyEvent:
        """The current request."""
        return self._app.current_event

    def handler(self) -> Work:
        """Return the function's entry point."""

        @self.handles
        def handler(event: Event, context: LambdaContext) -> dict[str, Any]:
            with nullcontext() if self._look_up else before_the_time_out(context, self.clock):
                return self._answer(event, context)

        return handler

    def _answer(self, event: Event, context: LambdaContext) -> dict[str, Any]:
        return answer(self._app, event, context, self.metrics, self.clock)


def api(logger: Logger, metrics: Metrics) -> APIGatewayRestResolver:
    """Return a resolver that answers every error in the contract's form and logs it without values."""
    app = APIGatewayRestResolver(debug=False)

    def request_id() -> str:
        return request_id_of(app.current_event) or ""

    def known(error: ConnectorError) -> Response[str]:
        public = http_error_of(error)
        log = logger.error if public.status >= 500 else logger.info
        log("request failed", extra={"code": public.code, **failure(error)})
        if isinstance(error, SetupFault):
            metrics.add_metric("CliniceaSetupFault", MetricUnit.Count, 1)
        return error_reply(error, request_id())

    def unforeseen(error: Exception) -> Response[str]:
        logger.error("request failed", extra={"code": "internal", **failure(error)})
        return error_reply(ConnectorError("unforeseen"), request_id())

    app.exception_handler(ConnectorError)(known)
    app.exception_handler(NotFoundError)(lambda _: error_reply(NotFound("no such route"), request_id()))
    # Last resort: Lambda's runtime would log the exception's text, which may quote a patient's data.
    app.exception_handler(Exception)(unforeseen)
    return app


def answer(
    app: APIGatewayRestResolver, event: dict[str, Any], context: LambdaContext, metrics: Metrics, clock: Clock
) -> dict[str, Any]:
    """Return the route's answer; emit its status and its time since API Gateway received the request.

    Routes are the template's resources, such as `/bookings/{booking_id}`. API Gateway has matched the path: Powertools'
    matching rejects some characters of parameters (aws-powertools/powertools-lambda-python issues 564, 1098).
    """
    began = clock.now().timestamp()
    answered = app.resolve({**event, "path": event["resource"]}, context)
    now = clock.now().timestamp()
    arrived = float(event["requestContext"].get("requestTimeEpoch") or 0) / 1000
    # With differing clocks, or a recorded event, the time is measured from the start of this function.
    since = arrived if now - OLDEST_LIVE_REQUEST_SECONDS < arrived <= began else began
    status = int(answered["statusCode"])
    metrics.add_metric("AnswerMilliseconds", MetricUnit.Milliseconds, round((now - since) * 1000, 1))
    metrics.add_metric("Refused", MetricUnit.Count, int(400 <= status < 500))
    metrics.add_metric("Failed", MetricUnit.Count, int(status >= 500))
    return answered


def request_id_of(event: APIGatewayProxyEvent) -> str | None:
    """Return API Gateway's request id, as in the access log."""
    return event.raw_event["requestContext"].get("requestId") or None


def path_parameter(event: APIGatewayProxyEvent, name: str) -> str:
    """Return a decoded parameter of the path: a REST API passes it percent-encoded."""
    return unquote((event.path_parameters or {}).get(name) or "")


def lookup_deadline(event: APIGatewayProxyEvent, clock: Clock, budget_seconds: float) -> Deadline:
    """Return the deadline of a look-up's answer, counted from the gateway's receipt of the request."""
    epoch = event.raw_event["requestContext"].get("requestTimeEpoch")
    return Deadline.since_request(clock, int(epoch or clock.now().timestamp() * 1000), budget_seconds)


def caller_of(event: APIGatewayProxyEvent) -> str:
    """Return the authenticated client's name from the authorizer's context; raises Unauthorized."""
    authorizer = event.raw_event["requestContext"].get("authorizer") or {}
    if not authorizer.get("caller"):
        raise Unauthorized("no client in the authorizer's context")
    return str(authorizer["caller"])


SECONDS_FOR_THE_ANSWER = 3.0
"""Seconds kept for the answer, logs and metrics after the last call to AWS (rule 22)."""


@contextmanager
def before_the_time_out(context: LambdaContext, clock: Clock) -> Iterator[None]:
    """End every call to AWS in the block early enough for an answer of ours, such as 503 `not_stored`."""
    left = context.get_remaining_time_in_millis() / 1000
    with deadline_scope(Deadline.after(clock, max(0.0, left - SECONDS_FOR_THE_ANSWER))):
        yield
