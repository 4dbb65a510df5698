"""Requests and answers of the desk's pages: forms, cookies, origin, security headers."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea.convox.body import body_text
from convox_clinicea.convox.http import GUARDED
from convox_clinicea.desk.sessions import Session
from convox_clinicea.errors import ConnectorError, FieldProblem, InvalidRequest, raise_alone

SESSION_COOKIE = "__Host-desk"
SIGN_IN_COOKIE = "__Host-desk-sign-in"
MOST_FIELDS = 60
FORM = "application/x-www-form-urlencoded"


def policy(socket: str = "") -> str:
    """Return the content security policy: own files alone, and the WebSocket API's host, which is another one.

    Args:
        socket: address of the WebSocket API; empty where the page opens no connection.
    """
    connections = ["'self'", *([urlsplit(socket)._replace(path="").geturl()] if socket else [])]
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": " ".join(connections),
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


HEADERS = MappingProxyType(
    {
        **GUARDED,
        "Content-Security-Policy": policy(),
        # Not no-referrer: browsers then send `Origin: null` with a form, which could not be told from another site's.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
)
UNCHANGING = MappingProxyType({**HEADERS, "Cache-Control": "public, max-age=31536000, immutable"})


class ForeignForm(ConnectorError):
    """A form that was not sent from a page of this desk."""

    public = "This form does not come from the desk. Nothing was done."


class Request:
    """One request, as the pages need it.

    Attributes:
        parts: what follows `/desk/` in the address, split at slashes and decoded.
        root: where links of its page start, relative to it: functions never see what stands before `/desk`.
    """

    def __init__(self, event: APIGatewayProxyEvent, address: str) -> None:
        self._event = event
        self.raw: dict[str, Any] = event.raw_event
        self.method = str(event.http_method).upper()
        beyond = str((self.raw.get("pathParameters") or {}).get("proxy") or "")
        self.parts: tuple[str, ...] = tuple(unquote(part) for part in beyond.split("/")) if beyond else ()
        self.query: dict[str, str] = {k: v for k, v in (self.raw.get("queryStringParameters") or {}).items() if v}
        self._headers = {name.lower(): values[-1] for name, values in _headers(self.raw).items() if values}
        self.address = address or _address(self.raw)
        self.cookies = _cookies(_headers(self.raw))
        self.is_fragment = self._headers.get("hx-request") == "true"

    @property
    def request_id(self) -> str:
        """API Gateway's id of the request."""
        return str(self.raw["requestContext"].get("requestId") or "")

    @property
    def source_address(self) -> str:
        """The browser's address, as API Gateway saw it."""
        return str((self.raw["requestContext"].get("identity") or {}).get("sourceIp") or "")

    def form(self) -> dict[str, str]:
        """Return the fields of a form.

        Raises:
            TooLarge: it is over 64 KB.
            InvalidRequest: it is no form, has too many fields, or one of them twice.
        """
        if self._headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            raise InvalidRequest(FieldProblem("form", "must be sent by a page of the desk"))
        try:
            fields = parse_qsl(body_text(self._event), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError:
            raise_alone(InvalidRequest(FieldProblem("form", "has too many fields")))
        form = dict(fields)
        if len(form) != len(fields):
            raise InvalidRequest(FieldProblem("form", "has a field twice"))
        return form

    def require_own_origin(self) -> None:
        """Refuse what was sent from another site's page; raises ForeignForm."""
        own = urlsplit(self.address)
        if self._headers.get("origin") != f"{own.scheme}://{own.netloc}":
            raise ForeignForm("the origin is another one, or none")


def bears_token(form: Mapping[str, str], session: Session) -> bool:
    """Whether a form was made for this session."""
    return hmac.compare_digest(form.get("token", "").encode(), session.token.encode())


def root_of(parts: Sequence[str]) -> str:
    """Return the relative address of `/desk/` from the page at these parts."""
    return "../" * len(parts) + "desk/"


def page(html: str, status: int = HTTPStatus.OK, *, cookies: Sequence[str] = (), **headers: str) -> Response[str]:
    """Return a page that nobody stores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(
        status_code=status,
        content_type="text/html; charset=utf-8",
        body=html,
        headers={**HEADERS, **named, "Vary": "Cookie, HX-Request", **({"Set-Cookie": [*cookies]} if cookies else {})},
    )


def nothing() -> Response[str]:
    """Return the answer that changes nothing on the page."""
    return Response(status_code=HTTPStatus.NO_CONTENT, body="", headers={**HEADERS})


def see_other(where: str, *, cookies: Sequence[str] = ()) -> Response[str]:
    """Return a redirect that is followed by GET."""
    headers: dict[str, str | list[str]] = {**HEADERS, "Location": where}
    return Response(
        status_code=HTTPStatus.SEE_OTHER,
        content_type="text/html; charset=utf-8",
        body="",
        headers=headers | ({"Set-Cookie": [*cookies]} if cookies else {}),
    )


def set_cookie(name: str, value: str, seconds: int) -> str:
    """Return a cookie of this host alone that no script reads; 0 seconds remove it."""
    return f"{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}"


def _headers(event: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = event.get("multiValueHeaders") or {}
    return found or {name: [value] for name, value in (event.get("headers") or {}).items()}


def _cookies(headers: Mapping[str, list[str]]) -> dict[str, str]:
    lines = [line for name, values in headers.items() if name.lower() == "cookie" for line in values]
    pairs = [pair.strip().partition("=") for line in lines for pair in line.split(";")]
    return {name: value for name, _, value in pairs if name in (SESSION_COOKIE, SIGN_IN_COOKIE)}


def _address(event: Mapping[str, Any]) -> str:
    """Return the address of `/desk` as the browser knows it, by API Gateway's own words."""
    context = event["requestContext"]
    outside = re.match(r"(.*?/desk)(/|$)", str(context.get("path") or "/desk"))
    return f"https://{context.get('domainName') or 'localhost'}{outside[1] if outside else '/desk'}"
