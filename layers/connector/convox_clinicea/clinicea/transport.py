"""The transport over urllib3: pooled connections for reads, a fresh one for each write."""

from __future__ import annotations

import contextlib
import io
import logging
import ssl
from collections.abc import Iterator
from functools import cached_property
from urllib.parse import urlencode

from certifi import where as authorities
from urllib3 import HTTPConnectionPool, Timeout
from urllib3.exceptions import HTTPError, ResponseError
from urllib3.response import BaseHTTPResponse
from urllib3.util import parse_url
from urllib3.util.ssl_ import create_urllib3_context

from convox_clinicea.clinicea.calls import writes
from convox_clinicea.clinicea.sockets import CONNECT_SECONDS, Flight, HttpPool, HttpsPool, current_flight
from convox_clinicea.clinicea.wire import NoAnswer, WireAnswer, WireRequest
from convox_clinicea.deadline import Deadline

MAX_ANSWER_BYTES = 8 * 1024 * 1024
POOLED = 4
_CHUNK = 64 * 1024
_ACCEPTED = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate"}
# These write whole URLs, `connection` even in a warning (about a header that it cannot read).
_TALKATIVE = ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry")


class HttpTransport:
    """Sends one request and returns its complete answer.

    A stale pooled connection looks exactly like a lost answer, so writes never use one. Redirects are not
    followed: a 307 would repeat a POST with its query, a 302 would turn it into a GET. Cookies are not kept:
    the call table says what a request carries. Proxies and netrc files of the environment are not used.
    """

    def __init__(self, base_url: str) -> None:
        self._base = parse_url(base_url)
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.ERROR)

    def send(self, request: WireRequest, deadline: Deadline) -> WireAnswer:
        """Return the answer, or raise NoAnswer, outside the handler: the library's errors carry whole URLs."""
        flight = Flight(deadline)
        token = current_flight.set(flight)
        try:
            with self._pool_for(request) as pool:
                return self._exchange(pool, request)
        except (HTTPError, OSError, ValueError):
            # ValueError: what cannot be written into a request at all, such as half a character.
            timed_out = deadline.expired
        finally:
            current_flight.reset(token)
        raise NoAnswer(left=flight.left, timed_out=timed_out)

    def _exchange(self, pool: HTTPConnectionPool, request: WireRequest) -> WireAnswer:
        remaining = current_flight.get().seconds()
        target = (self._base.path or "").rstrip("/") + request.path
        headers, body = {**_ACCEPTED, **request.headers}, request.body
        if body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        elif request.form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(request.form).encode()
        response = pool.urlopen(
            request.verb,
            f"{target}?{urlencode(request.query)}" if request.query else target,
            body=body,
            headers=headers,
            timeout=Timeout(connect=min(CONNECT_SECONDS, remaining), read=remaining),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        with contextlib.closing(response):
            return WireAnswer(
                status=response.status,
                content_type=response.headers.get("Content-Type", ""),
                body=_whole_body(response),
                retry_after=response.headers.get("Retry-After"),
            )

    @contextlib.contextmanager
    def _pool_for(self, request: WireRequest) -> Iterator[HTTPConnectionPool]:
        if not writes(request.call):
            yield self._pooled
            return
        with contextlib.closing(self._pool(1)) as fresh:
            yield fresh

    @cached_property
    def _pooled(self) -> HTTPConnectionPool:
        return self._pool(POOLED)

    def _pool(self, size: int) -> HTTPConnectionPool:
        host, port = self._base.host or "", self._base.port
        if self._base.scheme == "https":
            return HttpsPool(host, port, maxsize=size, cert_reqs="CERT_REQUIRED", ssl_context=self._tls)
        return HttpPool(host, port, maxsize=size)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # One for all connections: reading the authorities takes longer than a handshake.
        context = create_urllib3_context()
        context.load_verify_locations(authorities())
        return context


def _whole_body(response: BaseHTTPResponse) -> bytes:
    body = io.BytesIO()
    for chunk in response.stream(_CHUNK, decode_content=True):
        body.write(chunk)
        if body.tell() > MAX_ANSWER_BYTES:
            raise ResponseError("answer too large")
    return body.getvalue()
