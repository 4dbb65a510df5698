"""A function that answers with pages: an error is a page that says what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea import errors
from convox_clinicea.convox.http import HttpFunction, http_error_of
from convox_clinicea.desk import agent_ids, provider, sign_in
from convox_clinicea.desk.socket_routes import is_of_a_socket
from convox_clinicea.desk.views import render
from convox_clinicea.desk.web import ForeignForm, Request, page, root_of
from convox_clinicea.errors import ConnectorError
from convox_clinicea.function import Event, Function, failure
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.sealing import SealingUnavailable
from convox_clinicea.table import TableUnavailable

T = TypeVar("T", bound="AnswersSockets")
# The nearest class in an error's line of descent decides; of others the contract's own table (convox/http.py).
STATUSES: dict[type[ConnectorError], HTTPStatus] = {
    sign_in.SignInEnded: HTTPStatus.BAD_REQUEST,
    sign_in.SignInDenied: HTTPStatus.BAD_REQUEST,
    sign_in.NotAnAgent: HTTPStatus.FORBIDDEN,
    agent_ids.AgentIdInUse: HTTPStatus.CONFLICT,
    provider.ProviderRefused: HTTPStatus.BAD_REQUEST,
    provider.ProviderUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    ForeignForm: HTTPStatus.FORBIDDEN,
    TableUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    SealingUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    UnreadableRecord: HTTPStatus.SERVICE_UNAVAILABLE,
}


class AnswersSockets(Protocol):
    """Parts that answer the WebSocket API's routes as well."""

    def answer_socket(self, event: Mapping[str, Any]) -> HTTPStatus:
        """Return the status for an event of the WebSocket API; raises a leaf of `errors`."""
        ...


class PageFunction(HttpFunction[T]):
    """An HttpFunction whose errors are pages. To an event of the WebSocket API it answers a status alone."""

    def __init__(self, build: Callable[[Function[T]], T]) -> None:
        super().__init__(build)
        self._app.exception_handler(ConnectorError)(self._known)
        self._app.exception_handler(NotFoundError)(lambda _: self._known(errors.NotFound("no such route")))
        # The last resort, as in `convox.http.api`: an exception's text may quote a patient's data.
        self._app.exception_handler(Exception)(self._unforeseen)

    def _answer(self, event: Event, context: LambdaContext) -> dict[str, Any]:
        return self._socket(event) if is_of_a_socket(event) else super()._answer(event, context)

    def _socket(self, event: Event) -> dict[str, Any]:
        try:
            status = self.parts().answer_socket(event)
        except ConnectorError as error:
            report_to(self.logger)(error)
            status = status_of(error)
        self.metrics.add_metric("SocketRefused", MetricUnit.Count, int(status >= 400))
        return {"statusCode": int(status)}

    def _known(self, error: ConnectorError) -> Response[str]:
        report_to(self.logger)(error)
        return error_page(error, Request(self.event, ""))

    def _unforeseen(self, error: Exception) -> Response[str]:
        self.logger.error("request failed", extra={"code": "internal", **failure(error)})
        return error_page(ConnectorError("unforeseen"), Request(self.event, ""))


Report = Callable[[ConnectorError], None]
"""Logs an error that a page shows."""


def report_to(logger: Logger) -> Report:
    """Return what logs an error; it says nothing about a person."""

    def report(error: ConnectorError) -> None:
        status = status_of(error)
        log = logger.error if status >= 500 else logger.info
        log("request failed", extra={"status": int(status), **failure(error)})

    return report


def status_of(error: ConnectorError) -> HTTPStatus:
    """Return the HTTP status of an error's page."""
    return next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), http_error_of(error).status)


def error_page(error: ConnectorError, request: Request) -> Response[str]:
    """Return the page of an error, or the fragment of it that a page shows."""
    status = status_of(error)
    headers: dict[str, Any] = (
        {"Retry_After": str(error.retry_after_seconds)} if isinstance(error, errors.RateLimited) else {}
    )
    problems = error.problems if isinstance(error, errors.InvalidRequest) else ()
    html = render(
        "problem" if request.is_fragment else "error",
        root=root_of(request.parts),
        status=int(status),
        message=error.public,
        problems=problems,
        request_id=request.request_id,
    )
    return page(html, status, **headers)
