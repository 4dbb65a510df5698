"""The simulator on a socket of this machine. It bears the client's token, so it takes forms of its own page alone."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qsl

from local.clinicea.testing import ControlError
from local.convox.page import APPOINTMENT, STYLE, page
from local.convox.switchboard import Refused, Switchboard
from local.convox.weather import WEATHER, Weather

LARGEST_FORM = 16 * 1024
IDLE_SECONDS = 30
POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class _Handler(BaseHTTPRequestHandler):
    server: Simulator
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    wbufsize = -1  # unbuffered, each answer costs some 44 ms

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the page has its own list of what happened."""

    def do_GET(self) -> None:
        if not self._is_own_host():
            self._answer(HTTPStatus.MISDIRECTED_REQUEST, "")
        elif self.path == "/":
            self._page()
        elif self.path == "/style.css":
            self._answer(HTTPStatus.OK, STYLE, "text/css; charset=utf-8")
        else:
            self._answer(HTTPStatus.NOT_FOUND, "")

    def do_POST(self) -> None:
        given = self.headers.get("Content-Length", "")
        if not (given.isascii() and given.isdigit() and int(given) <= LARGEST_FORM):
            self.close_connection = True
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "")
            return
        raw = self.rfile.read(int(given)).decode("utf-8", "replace")
        if not self._is_own_host() or self.headers.get("Origin") != self.server.url:
            self._answer(HTTPStatus.FORBIDDEN, "")
            return
        try:
            self.server.act(self.path, dict(parse_qsl(raw)))
        except (Refused, ControlError) as error:
            self._page(HTTPStatus.BAD_REQUEST, str(error))
            return
        self._answer(HTTPStatus.SEE_OTHER, "", more={"Location": "/"})

    def _is_own_host(self) -> bool:
        """Whether it was asked for by its own address: another name that leads here is another site's."""
        return self.headers.get("Host") == self.server.url.removeprefix("http://")

    def _page(self, status: HTTPStatus = HTTPStatus.OK, problem: str = "") -> None:
        server = self.server
        self._answer(status, page(server.board, server.weather.now(), server.desk, problem))

    def _answer(
        self,
        status: HTTPStatus,
        body: str,
        kind: str = "text/html; charset=utf-8",
        more: Mapping[str, str] | None = None,
    ) -> None:
        raw = body.encode()
        self.send_response(status)
        for name, value in {**HEADERS, **(more or {}), "Content-Type": kind, "Content-Length": str(len(raw))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)


class Simulator(ThreadingHTTPServer):
    """The simulator at 127.0.0.1; port 0 takes a free one."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, board: Switchboard, weather: Weather, desk: str, port: int = 0) -> None:
        self.board = board
        self.weather = weather
        self.desk = desk
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        """Bind without the name look-up that the base class does, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def act(self, path: str, form: Mapping[str, str]) -> None:
        """Do what a form asks for; raises Refused, ControlError."""

        def said(name: str) -> str:
            return form.get(name, "")

        match path:
            case "/ring":
                self.board.ring(said("kind"), said("agent"), said("queue"))
            case "/transfer":
                self.board.transfer(said("call"), said("agent"))
            case "/hang-up":
                appointment = {name: said(name) for name in APPOINTMENT}
                self.board.hang_up(said("call"), said("disposition"), appointment)
            case "/clinicea" if said("weather") in WEATHER:
                self.weather.turn(said("weather"))
                self.board.note(f"Clinicea {WEATHER[said('weather')]}")
            case _:
                raise Refused("no such form")

    def handle_error(self, *_: Any, **__: Any) -> None:
        """Report what broke; the people who call are invented, but a token is not for a log."""
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, ConnectionError | TimeoutError):
            print(f"ConVox simulator: {type(error).__name__}", file=sys.stderr, flush=True)
