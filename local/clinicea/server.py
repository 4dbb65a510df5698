"""The fake on a socket: passes requests to the core, and sends its answers with their effects."""

import json
import socket
import struct
import sys
import threading
import time
import traceback
from email.utils import formatdate
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from local.clinicea.core import FakeClinicea
from local.clinicea.messages import Answer, Delay, Drip, Hold, Request, Reset, message_answer

_LARGEST_BODY = 4 * 1024 * 1024
_IDLE_SECONDS = 60
_HOOK_SECONDS = 5.0
_LOOK_SECONDS = 0.05
_NO_LINGER = struct.pack("ii", 1, 0)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: "_Server"
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    wbufsize = -1  # unbuffered, each answer takes some 44 ms because of two small packets and a delayed ACK
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing, because request lines hold queries."""

    def _serve(self) -> None:
        body = self._body()
        if isinstance(body, Answer):
            self.close_connection = True
            self._send(body)
            return
        if body is None:
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request.to(self.command, self.path, headers, body)
        with self.server.lock:
            answer = self.server.core.handle(request)
            self.server.tell_hooks()
        self._carry_out(answer)

    def _body(self) -> bytes | Answer | None:
        """Return the request's body; an answer if it cannot be read; None if the client left before its end."""
        if "transfer-encoding" in self.headers:
            return message_answer(HTTPStatus.LENGTH_REQUIRED, "A Content-Length is required.")
        given = self.headers.get("content-length", "0")
        if not (given.isascii() and given.isdigit()):
            return message_answer(HTTPStatus.BAD_REQUEST, "The Content-Length is not valid.")
        if int(given) > _LARGEST_BODY:
            return message_answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large.")
        body = self.rfile.read(int(given))
        return body if len(body) == int(given) else None

    def _carry_out(self, answer: Answer) -> None:
        match answer.effect:
            case Hold(seconds):
                self.close_connection = True
                self._hold(seconds)
            case Reset():
                self.close_connection = True
                # With a linger time of 0, closing sends RST instead of FIN.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            case Drip(seconds, headers):
                self._drip(answer, seconds, headers)
            case Delay(seconds):
                self.server.stopping.wait(seconds)
                self._send(answer)
            case None:
                self._send(answer)

    def _send(self, answer: Answer) -> None:
        head, body = self._written(answer)
        self.wfile.write(head + body)
        self.wfile.flush()

    def _drip(self, answer: Answer, seconds: float, headers: bool) -> None:
        head, body = self._written(answer)
        at_once, slowly = (b"", head + body) if headers else (head, body)
        self.connection.sendall(at_once)
        for position in range(len(slowly)):
            if self.server.stopping.wait(seconds):
                self.close_connection = True
                return
            self.connection.sendall(slowly[position : position + 1])

    def _hold(self, seconds: float) -> None:
        """Hold the connection until the client leaves, time is over or the server stops."""
        ends = time.monotonic() + seconds
        self.connection.settimeout(_LOOK_SECONDS)
        while time.monotonic() < ends and not self.server.stopping.is_set():
            try:
                left = not self.connection.recv(1, socket.MSG_PEEK)
            except TimeoutError:
                continue
            if left:
                return
            self.server.stopping.wait(_LOOK_SECONDS)  # the client sent more data instead of leaving; do not spin

    def _written(self, answer: Answer) -> tuple[bytes, bytes]:
        """Return head and body as bytes."""
        try:
            reason = HTTPStatus(answer.status).phrase
        except ValueError:
            reason = "Unknown"
        headers = {"Date": formatdate(usegmt=True), "Server": "fake-clinicea", **answer.headers}
        if answer.content_type:
            headers["Content-Type"] = answer.content_type
        bodyless = answer.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        if not bodyless:
            headers["Content-Length"] = str(len(answer.body))
        if self.close_connection:
            headers["Connection"] = "close"
        lines = [
            f"HTTP/1.1 {answer.status} {reason}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
        return head, b"" if bodyless or self.command == "HEAD" else answer.body


for _verb in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"):
    setattr(_Handler, f"do_{_verb}", _Handler._serve)


class _Server(ThreadingHTTPServer):
    """The listening socket and the open connections."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], core: FakeClinicea) -> None:
        self.core = core
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without the base class's name look-up, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Record the connection, so that `stop` can end it."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End a connection; one that is to be reset must not send FIN first."""
        with self._open_lock:
            self._open.discard(request)
        if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(_NO_LINGER)) == _NO_LINGER:
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, *_: Any, **__: Any) -> None:
        """Report the place of an error without its message, which may hold the client's data."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, ConnectionError | TimeoutError):
            frames = "".join(traceback.format_tb(error.__traceback__))
            print(f"fake Clinicea: {type(error).__name__}\n{frames}", file=sys.stderr, flush=True)

    def tell_hooks(self) -> None:
        """Post to the web hooks, each in its own thread, because Clinicea does not wait for them."""
        while self.core.account.outgoing:
            url, payload = self.core.account.outgoing.popleft()
            threading.Thread(target=_post, args=(url, payload), daemon=True).start()

    def end_connections(self) -> None:
        """Cut every open connection."""
        with self._open_lock:
            for each in self._open:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # already closed


def _post(url: str, payload: dict[str, object]) -> None:
    """Post to one web hook once; retries of Clinicea are not published."""
    address = urlsplit(url)
    connection = HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=_HOOK_SECONDS)
    try:
        connection.request("POST", address.path or "/", json.dumps(payload), {"Content-Type": "application/json"})
        connection.getresponse().read()
    except (OSError, HTTPException) as error:
        print(f"fake Clinicea: a web hook could not be told: {type(error).__name__}", file=sys.stderr, flush=True)
    finally:
        connection.close()


class FakeServer:
    """A listening fake Clinicea. Port 0 takes a free port; raises OSError if it cannot listen.

    Hold `lock` for access to the core of a running server.
    """

    def __init__(self, core: FakeClinicea, host: str = "127.0.0.1", port: int = 0) -> None:
        self.core = core
        self._server = _Server((host, port), core)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def lock(self) -> threading.Lock:
        """The lock of the core."""
        return self._server.lock

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://{self._server.server_name}:{self._server.server_port}"

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and cut the open connections."""
        self._server.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server.end_connections()

    def __enter__(self) -> "FakeServer":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
