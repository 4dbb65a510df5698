"""A Lambda function behind API Gateway: routes, error replies and its deadline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar
from urllib.parse import unquote

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.aws import deadline_scope
from convox_clinicea.clinicea.errors import SetupFault
from convox_clinicea.convox.http import error_reply, face_of
from convox_clinicea.deadline import OLDEST_LIVE_REQUEST_SECONDS, Clock, Deadline
from convox_clinicea.errors import ConnectorError, NotFound, Unauthorized
from convox_clinicea.function import Event, Function, Work
from convox_clinicea.telemetry import failure

T = TypeVar("T")


class HttpFunction(Function[T]):
    """A function with routes; `get` and `post` decorate them.

    Args:
        build: as for every function.
        look_up: it keeps the deadline of its request itself. Any other function gives up its calls to AWS early
            enough for an answer of our own, such as 503 `not_stored`.
    """

    def __init__(self, build: Callable[[Function[T]], T], *, look_up: bool = False) -> None:
        super().__init__(build)
        self._look_up = look_up
        self._app = api(self.logger, self.metrics)
        self.get, self.post = self._app.get, self._app.post

    @property
    def event(self) -> APIGatewayProxyEvent:
        """The request that is being answered."""
        return self._app.current_event

    def handler(self) -> Work:
        """Return the function's entry point."""

        @self.handles
        def handler(event: Event, context: LambdaContext) -> dict[str, Any]:
            with nullcontext() if self._look_up else before_the_time_out(context, self.clock):
                return answer(self._app, event, context, self.metrics, self.clock)

        return handler


def api(logger: Logger, metrics: Metrics) -> APIGatewayRestResolver:
    """Return a resolver that answers every error in the contract's shape and logs it without its values."""
    app = APIGatewayRestResolver(debug=False)

    def request_id() -> str:
        return request_id_of(app.current_event) or ""

    def known(error: ConnectorError) -> Response[str]:
        face = face_of(error)
        log = logger.error if face.status >= 500 else logger.info
        log("request failed", extra={"code": face.code, **failure(error)})
        if isinstance(error, SetupFault):
            metrics.add_metric("CliniceaSetupFault", MetricUnit.Count, 1)
        return error_reply(error, request_id())

    def unforeseen(error: Exception) -> Response[str]:
        logger.error("request failed", extra={"code": "internal", **failure(error)})
        return error_reply(ConnectorError("unforeseen"), request_id())

    app.exception_handler(ConnectorError)(known)
    app.exception_handler(NotFoundError)(lambda _: error_reply(NotFound("no such route"), request_id()))
    # The last resort: Lambda's runtime would log the exception's text, which may quote a patient's data.
    app.exception_handler(Exception)(unforeseen)
    return app


def answer(
    app: APIGatewayRestResolver, event: dict[str, Any], context: LambdaContext, metrics: Metrics, clock: Clock
) -> dict[str, Any]:
    """Return the route's answer, and count it: how long it took since API Gateway had the request, and how it ended.

    Routes are the template's resources, `/bookings/{booking_id}`. API Gateway has matched the path; Powertools' own
    matching knows not all signs that a parameter may hold (aws-powertools/powertools-lambda-python issues 564, 1098).
    """
    began = clock.now().timestamp()
    answered = app.resolve({**event, "path": event["resource"]}, context)
    now = clock.now().timestamp()
    arrived = float(event["requestContext"].get("requestTimeEpoch") or 0) / 1000
    # Two machines' clocks, or a recorded event: what makes no sense is measured from where this function began.
    since = arrived if now - OLDEST_LIVE_REQUEST_SECONDS < arrived <= began else began
    status = int(answered["statusCode"])
    metrics.add_metric("AnswerMilliseconds", MetricUnit.Milliseconds, round((now - since) * 1000, 1))
    metrics.add_metric("Refused", MetricUnit.Count, int(400 <= status < 500))
    metrics.add_metric("Failed", MetricUnit.Count, int(status >= 500))
    return answered


def request_id_of(event: APIGatewayProxyEvent) -> str | None:
    """Return API Gateway's id of the request, which the access log has too."""
    return event.raw_event["requestContext"].get("requestId") or None


def path_parameter(event: APIGatewayProxyEvent, name: str) -> str:
    """Return a parameter of the path as it was meant: a REST API hands it over percent-encoded."""
    return unquote((event.path_parameters or {}).get(name) or "")


def lookup_deadline(event: APIGatewayProxyEvent, clock: Clock, budget_seconds: float) -> Deadline:
    """Return the moment by which a look-up has answered, counted from when the gateway took the request."""
    epoch = event.raw_event["requestContext"].get("requestTimeEpoch")
    return Deadline.since_request(clock, int(epoch or clock.now().timestamp() * 1000), budget_seconds)


def caller_of(event: APIGatewayProxyEvent) -> str:
    """Return the authenticated caller's name, which the authorizer put into the context; raises Unauthorized."""
    authorizer = event.raw_event["requestContext"].get("authorizer") or {}
    if not authorizer.get("caller"):
        raise Unauthorized("no client in the authorizer's context")
    return str(authorizer["caller"])


SECONDS_FOR_THE_ANSWER = 3.0
"""What is left to answer, and to write logs and metrics, once AWS is not waited for any more."""


@contextmanager
def before_the_time_out(context: LambdaContext, clock: Clock) -> Iterator[None]:
    """Give up every call to AWS inside the block early enough for an answer of our own, such as 503 `not_stored`."""
    left = context.get_remaining_time_in_millis() / 1000
    with deadline_scope(Deadline.after(clock, max(0.0, left - SECONDS_FOR_THE_ANSWER))):
        yield
