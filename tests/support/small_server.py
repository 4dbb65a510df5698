"""A tiny HTTP server whose every byte a test decides, and which counts connections and requests.

with SmallServer(lambda request: Reply(200, b"[]")) as server:
    ...                                # drive a client against server.url
    assert server.connections == 1
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

_NO_LINGER = struct.pack("ii", 1, 0)
_LONGEST = 10.0
_TLS_HANDSHAKE = b"\x16"


@dataclass(frozen=True)
class Seen:
    """A request as it came."""

    verb: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """A whole answer; the connection stays open unless `close`."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    close: bool = False

    @property
    def raw(self) -> bytes:
        headers = {"Content-Length": str(len(self.body)), "Content-Type": "application/json", **self.headers}
        lines = [f"HTTP/1.1 {self.status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


@dataclass(frozen=True)
class Raw:
    """Bytes as they are, then the end of the connection."""

    data: bytes


@dataclass(frozen=True)
class Drip:
    """`at_once`, then `slowly`, byte by byte."""

    slowly: bytes
    at_once: bytes = b""
    seconds: float = 0.01


@dataclass(frozen=True)
class Reset:
    """RST instead of an answer."""


Action = Reply | Raw | Drip | Reset


def json_reply(value: object, status: int = 200) -> Reply:
    """An answer with a JSON body."""
    return Reply(status, json.dumps(value).encode())


class SmallServer:
    """Serves on a free port of 127.0.0.1 for as long as the block lasts.

    Args:
        tls: speak TLS with this context.
        bound: a socket to listen on, bound already.
        deaf: close every connection without reading anything.

    Attributes:
        seen: the requests, in order.
        connections: how many TCP connections were accepted.
        dripped: how many bytes were dripped so far.
        drip_ended: set when a drip is over: all bytes sent, or the client gone.
    """

    def __init__(
        self,
        answer: Callable[[Seen], Action],
        *,
        tls: ssl.SSLContext | None = None,
        bound: socket.socket | None = None,
        deaf: bool = False,
    ) -> None:
        self._answer = answer
        self._tls = tls
        self._deaf = deaf
        self._listener = bound or socket.create_server(("127.0.0.1", 0))
        self._listener.listen(32)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self.port: int = self._listener.getsockname()[1]
        self.seen: list[Seen] = []
        self.connections = 0
        self.dripped = 0
        self.drip_ended = threading.Event()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def open_connections(self) -> int:
        with self._lock:
            return len(self._open)

    def hang_up(self) -> None:
        """Close every open connection, as a server does with idle ones."""
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        for thread in list(self._threads):
            thread.join(_LONGEST)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(raw)
            self._start(self._serve, raw)

    def _serve(self, raw: socket.socket) -> None:
        connection = raw
        try:
            if self._deaf:
                return
            raw.settimeout(_LONGEST)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                connection = self._tls.wrap_socket(raw, server_side=True, suppress_ragged_eofs=True)
                with self._lock:
                    self._open = (self._open - {raw}) | {connection}
            while self._one(connection):
                pass
        except OSError:
            pass  # the client left, which is its right
        finally:
            with self._lock:
                self._open -= {raw, connection}
            connection.close()
            raw.close()

    def _one(self, connection: socket.socket) -> bool:
        seen = _read(connection)
        if seen is None:
            return False
        with self._lock:
            self.seen.append(seen)
        match self._answer(seen):
            case Reply() as reply:
                connection.sendall(reply.raw)
                return not reply.close
            case Raw(data):
                connection.sendall(data)
            case Drip() as drip:
                self._drip(connection, drip)
            case Reset():
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        return False

    def _drip(self, connection: socket.socket, drip: Drip) -> None:
        try:
            connection.sendall(drip.at_once)
            for position in range(len(drip.slowly)):
                connection.sendall(drip.slowly[position : position + 1])
                self.dripped += 1
                if self._stopping.wait(drip.seconds):
                    return
        finally:
            self.drip_ended.set()


def _read(connection: socket.socket) -> Seen | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
        if data[:1] == _TLS_HANDSHAKE:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")  # as web servers do
            return None
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    verb, target, _ = first.split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        more = connection.recv(65536)
        if not more:
            return None
        body += more
    return Seen(verb, target, headers, body)
