"""The real client, built for tests: over a real socket, or over answers that a test wrote down."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from convox_clinicea.clinicea import CallTable, Clinicea, Credentials, connect
from convox_clinicea.clinicea.http import Observer, Scheme, StatusObserver, ignore_statuses, observe_nothing
from convox_clinicea.clinicea.wire import NoAnswer, Transport, WireAnswer, WireRequest
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.settings import packed
from local.clinicea.auth import LOCAL_API_KEY, LOCAL_LOGIN
from tests.support.clock import SkippingClock, VirtualClock

UNUSED = "http://nowhere.invalid"


def credentials(api_key: str = LOCAL_API_KEY, login: tuple[str, str] | None = LOCAL_LOGIN) -> Credentials:
    """By default those of the fake's account."""
    user_name, password = login or (None, None)
    return Credentials.from_secret({"api_key": api_key, "user_name": user_name, "password": password})


def call_table(replacement: Mapping[str, Any] | None = None) -> CallTable:
    """The packed table, with a deployer's document laid over it."""
    return CallTable.build(packed("call_table"), of_now(replacement))


def of_now(replacement: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The document, of the present schema unless it says otherwise."""
    return None if replacement is None else {"schema": 2, **replacement}


def client_for(
    url: str,
    *,
    scheme: Scheme = "api_key",
    secret: Credentials | None = None,
    clock: Clock | None = None,
    table: Mapping[str, Any] | None = None,
    observe: Observer = observe_nothing,
) -> Clinicea:
    """A client over real sockets, whose pauses between attempts take no time."""
    return connect(
        url,
        credentials=lambda: secret or credentials(),
        scheme=scheme,
        call_table=of_now(table),
        clock=clock or SkippingClock(),
        observe=observe,
    )


def within(seconds: float, clock: Clock | None = None) -> Deadline:
    """A deadline on a clock of its own, unless one is given."""
    return Deadline.after(clock or SkippingClock(), seconds)


Outcome = WireAnswer | NoAnswer | Callable[[WireRequest], WireAnswer]


class Scripted:
    """A transport that gives the written answers one after the other, the last one for ever.

    Attributes:
        sent: the requests that it carried.
    """

    def __init__(self, *outcomes: Outcome) -> None:
        self._outcomes = list(outcomes)
        self.sent: list[WireRequest] = []

    def send(self, request: WireRequest, deadline: Deadline) -> WireAnswer:
        self.sent.append(request)
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        if isinstance(outcome, NoAnswer):
            raise outcome
        return outcome if isinstance(outcome, WireAnswer) else outcome(request)


def scripted_client(
    transport: Transport,
    *,
    scheme: Scheme = "api_key",
    clock: VirtualClock | None = None,
    table: Mapping[str, Any] | None = None,
    observe: Observer = observe_nothing,
    observe_unclear: StatusObserver = ignore_statuses,
) -> Clinicea:
    """A client over written answers, on a virtual clock."""
    return connect(
        UNUSED,
        credentials=credentials,
        scheme=scheme,
        call_table=of_now(table),
        clock=clock or VirtualClock(),
        transport=transport,
        observe=observe,
        observe_unclear=observe_unclear,
    )


def answer(value: object = None, status: int = 200, *, text: str | None = None, **more: Any) -> WireAnswer:
    """An answer with a JSON body, or with `text` as it is."""
    body = json.dumps(value) if text is None else text
    kind = "application/json; charset=utf-8" if text is None else "text/plain; charset=utf-8"
    return WireAnswer(status, more.pop("content_type", kind), body.encode(), **more)


def nothing() -> WireAnswer:
    """204 without a body."""
    return WireAnswer(204, "", b"")


def html(status: int = 200) -> WireAnswer:
    """A page for people."""
    return WireAnswer(status, "text/html; charset=utf-8", b"<!DOCTYPE html><html><body>Please wait</body></html>")


def lost(*, left: bool = True, timed_out: bool = False) -> NoAnswer:
    """No answer."""
    return NoAnswer(left=left, timed_out=timed_out)
