"""The desk's routes: who may ask for a page, signing in and out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea.desk import web
from convox_clinicea.desk.call_pages import CallPages
from convox_clinicea.desk.page_function import Report, status_of
from convox_clinicea.desk.pages import Pages, held
from convox_clinicea.desk.sessions import LONGEST, SIGN_IN, Session, Sessions
from convox_clinicea.desk.sign_in import SignIn
from convox_clinicea.desk.socket_routes import SocketRoutes
from convox_clinicea.desk.views import assets
from convox_clinicea.desk.web import Request, page, root_of, see_other, set_cookie
from convox_clinicea.errors import ConnectorError, MethodNotAllowed, NotFound


class Desk:
    """Answers a request for a page.

    Args:
        sign_in: gives the sign-in for a request.
        address: of `/desk` as browsers know it; empty where API Gateway's own words are right.
        report: logs an error that a page shows.
    """

    def __init__(
        self,
        *,
        sessions: Sessions,
        sign_in: Callable[[Mapping[str, Any]], SignIn],
        calls: CallPages,
        pages: Pages,
        sockets: SocketRoutes,
        address: str,
        report: Report,
    ) -> None:
        self._sessions = sessions
        self._sign_in = sign_in
        self._calls = calls
        self._pages = pages
        self._sockets = sockets
        self._address = address
        self._report = report

    def answer(self, event: APIGatewayProxyEvent) -> Response[str]:
        """Return the page of a request; raises a leaf of `errors` where there is none."""
        request = Request(event, self._address)
        match (request.method, *request.parts):
            case ("GET", "static", name):
                return _static(name)
            case ("GET", "sign-in"):
                return self._start(request)
            case ("GET", "signed-in"):
                return self._finish(request)
            case ("GET", *_):
                return self._got(request)
            case ("POST", *_):
                return self._posted(request)
        raise MethodNotAllowed("neither GET nor POST", "GET", "POST")

    def answer_socket(self, event: Mapping[str, Any]) -> HTTPStatus:
        """Return the status for an event of the WebSocket API; raises a leaf of `errors`."""
        return self._sockets.answer(event)

    def _session(self, request: Request) -> Session | None:
        return self._sessions.find(request.cookies.get(web.SESSION_COOKIE))

    def _got(self, request: Request) -> Response[str]:
        session = self._session(request)
        if session is None:
            return self._signed_out(request)
        return page(session.token) if request.parts == ("token",) else self._calls.get(request, session)

    def _posted(self, request: Request) -> Response[str]:
        request.require_own_origin()
        session, form = self._session(request), request.form()
        if session is None:
            return self._signed_out(request, form)
        if not web.bears_token(form, session):
            return self._pages.page("again", request, session, status=HTTPStatus.FORBIDDEN, held=held(form))
        if request.parts == ("sign-out",):
            return self._sign_out(request, session)
        if request.parts == ("socket",):
            return page(self._sockets.ticket(session))
        return self._calls.post(request, session, form)

    def _start(self, request: Request) -> Response[str]:
        started = self._sign_in(request.raw).start(f"{request.address}/signed-in")
        cookie = set_cookie(web.SIGN_IN_COOKIE, started.cookie, int(SIGN_IN.total_seconds()))
        return see_other(started.address, cookies=[cookie])

    def _finish(self, request: Request) -> Response[str]:
        used = set_cookie(web.SIGN_IN_COOKIE, "", 0)
        try:
            person = self._sign_in(request.raw).finish(
                request.query, request.cookies.get(web.SIGN_IN_COOKIE), f"{request.address}/signed-in"
            )
            before = self._session(request)
            if before is not None:
                self._sessions.end(before)
            value, _ = self._sessions.begin(person)
        except ConnectorError as error:
            self._report(error)
            html = self._pages.render("refused", request, message=error.public, request_id=request.request_id)
            return page(html, status_of(error), cookies=[used])
        return see_other(
            f"{root_of(request.parts)[:-1]}",
            cookies=[used, set_cookie(web.SESSION_COOKIE, value, int(LONGEST.total_seconds()))],
        )

    def _sign_out(self, request: Request, session: Session) -> Response[str]:
        self._sessions.end(session)
        try:
            self._sockets.end(session)
        except ConnectorError as error:
            self._report(error)  # what such a connection still tells is that there is a call, and nothing about it
        cookie = set_cookie(web.SESSION_COOKIE, "", 0)
        try:
            beyond = self._sign_in(request.raw).sign_out_address(request.address)
        except ConnectorError as error:
            self._report(error)
            beyond = None  # the desk's own session has ended; the page says so
        # No redirect: `form-action 'self'` of the page that sent the form would stop one to the provider.
        headers: dict[str, Any] = {} if beyond is None else {"Refresh": f"0; url={beyond}"}
        return page(self._pages.render("signed_out", request, again=False, held={}), cookies=[cookie], **headers)

    def _signed_out(self, request: Request, form: Mapping[str, str] | None = None) -> Response[str]:
        status = HTTPStatus.OK if not request.parts else HTTPStatus.UNAUTHORIZED
        if request.is_fragment:
            return page(self._pages.render("problem_signed_out", request), HTTPStatus.UNAUTHORIZED)
        return page(self._pages.render("signed_out", request, again=bool(request.parts), held=held(form or {})), status)


def _static(name: str) -> Response[str]:
    found = assets().read(name)
    if found is None:
        raise NotFound("no such file")
    body, kind = found
    return Response(status_code=HTTPStatus.OK, content_type=kind, body=body, headers={**web.UNCHANGING})
