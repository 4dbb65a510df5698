"""HTTP connections that keep a total deadline and know whether a request has left.

`requests` bounds each read, so an answer that drips a byte at a time never times out. Here the time-out of
every single `recv` is what is left until the deadline, headers included; so it is when connecting and sending.
Only the name look-up, which is the operating system's, cannot be cut short.
"""

from __future__ import annotations

import io
import socket
import ssl
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from convox_clinicea.deadline import Deadline

CONNECT_SECONDS = 3.0


@dataclass
class Flight:
    """One request on its way: its deadline, and whether a byte of it was handed to the network."""

    deadline: Deadline
    left: bool = False

    def seconds(self) -> float:
        """Return what is left until the deadline; raises TimeoutError where nothing is."""
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
        # urllib3 gives each address of a name the whole time-out; here they share it.
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
    """A `requests` adapter over such connections; it never retries by itself."""

    def __init__(self) -> None:
        super().__init__(pool_connections=1, pool_maxsize=4, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_minimum_version=ssl.TLSVersion.TLSv1_2, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
