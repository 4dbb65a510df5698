"""A forwarder that counts who comes through: has anybody been asked yet?"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from urllib.parse import urlsplit

SECONDS = 10.0


class Doorman(ThreadingTCPServer):
    """Stands before the server at `url`."""

    daemon_threads = True

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Passage)
        self._behind = urlsplit(url)
        self.came = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def open(self) -> socket.socket:
        """Count one, and return a connection to the server behind."""
        self.came += 1
        return socket.create_connection((self._behind.hostname or "", self._behind.port or 80), timeout=SECONDS)


class _Passage(BaseRequestHandler):
    server: Doorman

    def handle(self) -> None:
        with self.server.open() as behind:
            back = Thread(target=_carry, args=(behind, self.request), daemon=True)
            back.start()
            _carry(self.request, behind)
            back.join(SECONDS)


def _carry(source: socket.socket, target: socket.socket) -> None:
    """Carry bytes until one side has closed."""
    with suppress(OSError):
        while taken := source.recv(65_536):
            target.sendall(taken)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def doorman(url: str) -> Iterator[Doorman]:
    """Stand one before a server."""
    with Doorman(url) as standing:
        thread = Thread(target=standing.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield standing
        standing.shutdown()
        thread.join()
