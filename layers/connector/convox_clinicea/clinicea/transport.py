"""The transport over `requests`: pooled connections for reads, a fresh one for each write."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy

import requests
import urllib3

from convox_clinicea.clinicea.calls import writes
from convox_clinicea.clinicea.sockets import CONNECT_SECONDS, DeadlineAdapter, Flight, current_flight
from convox_clinicea.clinicea.wire import NoAnswer, WireAnswer, WireRequest
from convox_clinicea.deadline import Deadline

MAX_ANSWER_BYTES = 8 * 1024 * 1024
_CHUNK = 64 * 1024
# These write whole URLs, `connection` even in a warning (about a header that it cannot read).
_TALKATIVE = ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry")


class RequestsTransport:
    """Sends one request and returns its complete answer.

    A stale pooled connection looks exactly like a lost answer, so writes never use one. Redirects are not
    followed: a 307 would repeat a POST with its query, a 302 would turn it into a GET. Cookies are not kept:
    the call table says what a request carries. Proxies and netrc files of the environment are not used.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._pooled = _session()
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.ERROR)

    def send(self, request: WireRequest, deadline: Deadline) -> WireAnswer:
        """Return the answer, or raise NoAnswer, outside the handler: the libraries' errors carry whole URLs."""
        flight = Flight(deadline)
        token = current_flight.set(flight)
        try:
            with self._session_for(request) as session:
                return self._exchange(session, request)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError):
            # ValueError: what cannot be written into a request at all, such as half a character.
            timed_out = deadline.expired
        finally:
            current_flight.reset(token)
        raise NoAnswer(left=flight.left, timed_out=timed_out)

    def _exchange(self, session: requests.Session, request: WireRequest) -> WireAnswer:
        remaining = current_flight.get().seconds()
        headers = dict(request.headers)
        if request.body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        response = session.request(
            request.verb,
            self._base_url + request.target,
            headers=headers,
            data=request.form if request.body is None else request.body,
            timeout=(min(CONNECT_SECONDS, remaining), remaining),
            allow_redirects=False,
            stream=True,
        )
        with contextlib.closing(response):
            return WireAnswer(
                status=response.status_code,
                content_type=response.headers.get("Content-Type", ""),
                body=_whole_body(response),
                retry_after=response.headers.get("Retry-After"),
                framed="Content-Length" in response.headers or "Transfer-Encoding" in response.headers,
                allow=response.headers.get("Allow"),
            )

    @contextlib.contextmanager
    def _session_for(self, request: WireRequest) -> Iterator[requests.Session]:
        if not writes(request.call):
            yield self._pooled
            return
        with _session() as fresh:
            yield fresh


class _Session(requests.Session):
    def get_redirect_target(self, _resp: requests.Response) -> str | None:
        # Even with allow_redirects=False requests reads a redirect's whole body and parses its address.
        return None


def _session() -> requests.Session:
    session = _Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    session.headers["Accept"] = "application/json"
    session.mount("http://", DeadlineAdapter())
    session.mount("https://", DeadlineAdapter())
    return session


def _whole_body(response: requests.Response) -> bytes:
    body = io.BytesIO()
    for chunk in response.iter_content(_CHUNK):
        body.write(chunk)
        if body.tell() > MAX_ANSWER_BYTES:
            raise requests.exceptions.ContentDecodingError("answer too large")
    return body.getvalue()
