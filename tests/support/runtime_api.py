"""Lambda's Runtime API for one image: it says when the snapshot is taken, restores it, and hands out events.

AWS's runtime client speaks to it over HTTP, as to Lambda's own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from queue import Empty, Queue
from threading import Event, Thread
from typing import Any

BASE = "/2018-06-01/runtime"
SECONDS = 30.0
Json = Any


class RuntimeApi(ThreadingHTTPServer):
    """Serves however many environments were made of one image.

    Attributes:
        frozen: set when a function has started and waits for its memory to be copied.
        errors: what the runtime client reported as failed.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.frozen = Event()
        self.errors: list[str] = []
        self._thawed = Event()
        self._idle: Queue[int] = Queue()
        self._events: Queue[Json] = Queue()
        self._answers: Queue[Json] = Queue()
        self._numbers = count(1)

    def handle_error(self, _request: object, _client_address: object) -> None:
        """Nothing on the terminal: an environment that is ended hangs up."""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def restore(self) -> None:
        """Let the image go on."""
        self._thawed.set()

    def invoke(self, event: Json, times: int = 1) -> list[Json]:
        """Give the event to as many environments at once; returns their answers."""
        for _ in range(times):
            self._idle.get(timeout=SECONDS)
        for _ in range(times):
            self._events.put(event)
        return [self._answers.get(timeout=SECONDS) for _ in range(times)]

    def wait_for_restore(self) -> None:
        """Answer when `restore` is called."""
        self.frozen.set()
        self._thawed.wait(SECONDS)

    def next_event(self) -> tuple[str, Json]:
        """Answer with an event and its number, once there is one; raises Empty."""
        number = next(self._numbers)
        self._idle.put(number)
        return f"00000000-0000-4000-8000-{number:012d}", self._events.get(timeout=SECONDS)

    def take_answer(self, answer: Json) -> None:
        """Keep what an environment has answered."""
        self._answers.put(answer)


class _Handler(BaseHTTPRequestHandler):
    server: RuntimeApi
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == f"{BASE}/restore/next":
            self.server.wait_for_restore()
            self._say(200, {})
            return
        try:
            request_id, event = self.server.next_event()
        except Empty:
            self.close_connection = True
            return
        told = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + SECONDS) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:ap-south-1:123456789012:function:f:live",
            "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Sampled=0",
        }
        self._say(200, event, told)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.endswith("/response"):
            self.server.take_answer(json.loads(body))
        else:
            self.server.errors.append(body.decode())
            self.server.take_answer({"error": body.decode()})
        self._say(202, {})

    def _say(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(raw)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_args: object) -> None:
        """Nothing on the terminal."""


@contextmanager
def runtime_api() -> Iterator[RuntimeApi]:
    """Serve one."""
    with RuntimeApi() as api:
        thread = Thread(target=api.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield api
        api.restore()
        api.shutdown()
        thread.join()
