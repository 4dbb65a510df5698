"""The fake Clinicea without sockets: its core behind the client's transport, on the test's own clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from convox_clinicea.clinicea import Clinicea, Credentials, connect
from convox_clinicea.clinicea.wire import NoAnswer, WireAnswer, WireRequest
from convox_clinicea.deadline import Deadline
from local.clinicea import Answer, FakeClinicea, Request
from local.clinicea.messages import Delay, Drip, Hold, Reset
from local.clinicea.testing import ControlClient, ControlError
from tests.support.clock import VirtualClock

POSTS = ("postAppointmentByPatientID", "postAppointment")


class CoreTransport:
    """Hands requests to the core; holds, delays and resets become what a socket would make of them."""

    def __init__(self, core: FakeClinicea, clock: VirtualClock) -> None:
        self.core = core
        self._clock = clock
        self.unplugged: set[str] = set()
        """Calls that never leave: no connection."""
        self.before: dict[str, Callable[[], None]] = {}
        """Done once, just before a call reaches Clinicea: the other side of an interleaving."""
        self.sent: list[tuple[str, dict[str, Any]]] = []
        """Every request's call and parameters."""

    def send(self, request: WireRequest, deadline: Deadline) -> WireAnswer:
        if request.call in self.unplugged:
            raise NoAnswer(left=False, timed_out=False)
        meanwhile = self.before.pop(request.call, None)
        if meanwhile is not None:
            meanwhile()
        if deadline.expired:
            raise NoAnswer(left=False, timed_out=True)
        self.sent.append((request.call, {**request.query, **(request.document or request.form or {})}))
        headers = {**request.headers, "Content-Type": "application/json"}
        answer = self.core.handle(Request.to(request.verb, request.target, headers, request.body or b""))
        return self._arrived(answer, deadline)

    def _arrived(self, answer: Answer, deadline: Deadline) -> WireAnswer:
        match answer.effect:
            case Hold(seconds) | Delay(seconds):
                taken = seconds
            case Drip(seconds):
                taken = seconds * len(answer.body)
            case Reset():
                raise NoAnswer(left=True, timed_out=False)
            case None:
                taken = 0.0
        self._clock.advance(min(taken, deadline.remaining()))
        if deadline.expired or answer.lost:
            raise NoAnswer(left=True, timed_out=deadline.expired)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return WireAnswer(answer.status, answer.content_type or "", answer.body, headers.get("retry-after"))


class CoreControl(ControlClient):
    """The fake's control interface, without a socket."""

    def __init__(self, core: FakeClinicea) -> None:
        super().__init__("http://in.process.invalid")
        self.core = core

    def call(self, verb: str, name: str, body: object = None) -> Any:
        raw = b"" if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        answer = self.core.handle(Request.to(verb, f"/_control/{name}", headers, raw))
        value: Any = answer.json()
        if answer.status != 200:
            raise ControlError(value["error"])
        return value

    def posted(self) -> int:
        """How many appointments were asked for by POST, whatever became of it."""
        return sum(len(self.requests(call)) for call in POSTS)

    def made(self) -> int:
        """How many POSTs were carried out, whether or not the answer arrived."""
        return sum(entry["work_status"] == 200 for call in POSTS for entry in self.requests(call))


def core_client(
    transport: CoreTransport, clock: VirtualClock, credentials: Callable[[], Credentials], **account: Any
) -> Clinicea:
    """The real client over that transport."""
    return connect("http://in.process.invalid", credentials=credentials, clock=clock, transport=transport, **account)
