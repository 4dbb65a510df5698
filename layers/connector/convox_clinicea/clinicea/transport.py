"""The transport over `requests`: pooled connections for reads, a new one for each write.

The time-out of `requests` holds for each read, so an answer that drips byte by byte never times out. Here the time-out
of every `recv`, headers included, and of connecting and sending, is the time left until the deadline. Only the
operating system's name look-up cannot be interrupted.
"""

from __future__ import annotations

import contextlib
import io
import logging
import socket
import ssl
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from convox_clinicea.clinicea.calls import writes
from convox_clinicea.clinicea.wire import NoAnswer, WireAnswer, WireRequest
from convox_clinicea.deadline import Deadline

CONNECT_SECONDS = 3.0


@dataclass
class Flight:
    """One request in flight: its deadline, and whether a byte of it was sent."""

    deadline: Deadline
    left: bool = False

    def seconds(self) -> float:
        """Return the seconds left until the deadline; raises TimeoutError if none are."""
        remaining = self.deadline.remaining()
        if remaining <= 0:
            raise TimeoutError("deadline")
        return remaining


current_flight: ContextVar[Flight] = ContextVar("current_flight")


class _DeadlineReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        super().__init__()
        self._sock = sock
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(current_flight.get().seconds())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _DeadlineResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_DeadlineReader(sock, self.fp.detach()))


class _Http(HTTPConnection):
    response_class = _DeadlineResponse

    def _new_conn(self) -> socket.socket:
        # urllib3 gives each address of a host the whole time-out; here they share it.
        flight = current_flight.get()
        addresses = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        failure = OSError("no address")
        for tried, (family, kind, protocol, _, address) in enumerate(addresses):
            share = flight.seconds() / (len(addresses) - tried)
            sock = socket.socket(family, kind, protocol)
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(min(CONNECT_SECONDS, share))
                sock.connect(address)
                sock.settimeout(min(CONNECT_SECONDS, flight.seconds()))  # for the TLS handshake
            except OSError as error:
                sock.close()
                failure = error
            else:
                return sock
        raise failure

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        flight = current_flight.get()
        self.sock.settimeout(flight.seconds())
        flight.left = True
        super().send(data)


class _Https(_Http, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class DeadlineAdapter(HTTPAdapter):
    """A `requests` adapter with these connections; it never retries by itself."""

    def __init__(self) -> None:
        super().__init__(pool_connections=1, pool_maxsize=4, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_minimum_version=ssl.TLSVersion.TLSv1_2, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


MAX_ANSWER_BYTES = 8 * 1024 * 1024
_CHUNK = 64 * 1024
# These log whole URLs, `connection` even in a warning about an unreadable header.
_TALKATIVE = ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry")


class RequestsTransport:
    """Sends one request and returns its complete answer.

    A stale pooled connection looks like a lost answer, so writes never use one. Redirects are not followed: a 307 would
    repeat a POST with its query, a 302 would turn it into a GET. Cookies are not stored: the call table alone decides
    what a request carries. Proxies and netrc files of the environment are not used.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._pooled = _session()
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.ERROR)

    def send(self, request: WireRequest, deadline: Deadline) -> WireAnswer:
        """Return the answer; raises NoAnswer without context, because libraries' errors hold whole URLs."""
        flight = Flight(deadline)
        token = current_flight.set(flight)
        try:
            with self._session_for(request) as session:
                return self._exchange(session, request)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError):
            # ValueError: a value that cannot be encoded, such as half a surrogate pair.
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
        # Even with allow_redirects=False, requests reads a redirect's whole body and parses its address.
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
