"""The desk's requests of one call on the built function, warm: what each kind adds, and what it asks of AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from typing import Any, Protocol

from bench import desk_events
from bench.desk_events import SignedIn
from bench.events import Numbers, succeeded
from bench.stage import DESK, POPUP_WITH_DESK, Stage
from bench.warm import lines_of, log_bytes, summary, tables_of

Json = dict[str, Any]
Say = Callable[[str], None]
KINDS = ("list", "poll", "call", "caller", "draft", "book", "bookings")
"""The requests of one call in their order: the list as a page, the list once more, the call's page, its caller, ..."""
SOCKET_KINDS = ("ticket", "connect", "disconnect")
"""Those of a socket, of a desk whose list opens one."""
AHEAD, ASKS_AHEAD = "ahead", '/ahead"'
"""The patient's next appointments, of a desk whose card asks for them."""
OPENS_A_SOCKET = "data-ticket-at"
WARM_UP = 2
"""Uncounted first calls."""


class Answers(Protocol):
    """A function's environment, as `Runtime` is one."""

    def invoke(self, event: Json) -> Any: ...

    @property
    def said(self) -> str: ...


def measure(stage: Stage, calls: int, say: Say) -> Json:
    """Play `calls` calls, each of a new agent, and return a summary for each kind of request, as `warm` has it."""
    place, numbers = stage.place(DESK), Numbers()
    with ExitStack() as running:
        popup = running.enter_context(stage.runtime(POPUP_WITH_DESK, place, seconds=60))
        probed, file = stage.probed(DESK, place, seconds=60)
        desk = running.enter_context(probed)
        logged: dict[str, list[int]] = {}
        for turn in range(WARM_UP + calls):
            if turn % 20 == 0:
                say(f"desk, requests of call {turn} of {WARM_UP + calls}")
            agent = desk_events.announced(place, lambda event: succeeded(POPUP_WITH_DESK, popup.invoke(event)))
            for kind, written in of_one_call(desk, agent, numbers):
                logged.setdefault(kind, []).append(written)
        lines = lines_of(file)[WARM_UP * len(logged) :]
        return {
            kind: {
                **summary(lines[at :: len(logged)], tables_of(place)),
                "log_bytes": sum(written[WARM_UP:]) / calls,
            }
            for at, (kind, written) in enumerate(logged.items())
        }


def of_one_call(desk: Answers, agent: SignedIn, numbers: Numbers) -> Iterator[tuple[str, int]]:
    """Send a call's requests in their order; yields the kind and the bytes logged of each."""
    _, start = numbers.next()
    told: dict[str, str] = {}

    def send(kind: str) -> tuple[str, int]:
        before = log_bytes(desk)
        told[kind] = succeeded(DESK, desk.invoke(_event(kind, agent, told, start))).get("body", "")
        return kind, log_bytes(desk) - before

    for kind in KINDS:
        yield send(kind)
        if kind == "caller" and ASKS_AHEAD in told[kind]:
            yield send(AHEAD)
    if OPENS_A_SOCKET in told["list"]:
        yield from map(send, SOCKET_KINDS)


def _event(kind: str, agent: SignedIn, told: Mapping[str, str], start: datetime) -> Json:
    match kind:
        case "ticket":
            return agent.ticket()
        case "connect" | "disconnect":
            return agent.socket(f"${kind}", told["ticket"])
        case "ahead":
            return agent.ahead()
        case "list":
            return agent.home()
        case "poll":
            return agent.poll(told["list"])
        case "call":
            return agent.call()
        case "draft" | "book":
            return agent.sent(kind, start)
    return agent.call(kind)
