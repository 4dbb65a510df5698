"""The desk's requests of one call on the built function, warm: what each kind adds, and what it asks of AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from bench import desk_events
from bench.desk_events import SignedIn
from bench.events import Numbers, succeeded
from bench.runtime import Runtime
from bench.stage import DESK, POPUP_WITH_DESK, Place, Stage
from bench.warm import lines_of, log_bytes, summary, tables_of

Json = dict[str, Any]
Say = Callable[[str], None]
KINDS = ("list", "poll", "call", "caller", "draft", "book", "bookings")
"""The requests of one call in their order: the list as a page, the list once more, the call's page, its caller, ..."""
WARM_UP = 2
"""Uncounted first calls."""


def measure(stage: Stage, calls: int, say: Say) -> Json:
    """Play `calls` calls, each of a new agent, and return a summary for each kind of request, as `warm` has it."""
    place, numbers = stage.place(DESK), Numbers()
    with ExitStack() as running:
        popup = running.enter_context(stage.runtime(POPUP_WITH_DESK, place, seconds=60))
        probed, file = stage.probed(DESK, place, seconds=60)
        desk = running.enter_context(probed)
        logged: dict[str, list[int]] = {kind: [] for kind in KINDS}
        for turn in range(WARM_UP + calls):
            if turn % 20 == 0:
                say(f"desk, requests of call {turn} of {WARM_UP + calls}")
            agent = desk_events.announced(place, lambda event: succeeded(POPUP_WITH_DESK, popup.invoke(event)))
            for kind, written in _call(desk, agent, numbers):
                logged[kind].append(written)
        lines = lines_of(file)[WARM_UP * len(KINDS) :]
        return {
            kind: {**_of_kind(lines, place, at), "log_bytes": sum(logged[kind][WARM_UP:]) / calls}
            for at, kind in enumerate(KINDS)
        }


def _of_kind(lines: list[Json], place: Place, at: int) -> Json:
    return summary(lines[at :: len(KINDS)], tables_of(place))


def _call(desk: Runtime, agent: SignedIn, numbers: Numbers) -> Iterator[tuple[str, int]]:
    """Send a call's requests in their order; yields the kind and the bytes logged of each."""
    _, start = numbers.next()
    home = ""
    for kind in KINDS:
        before = log_bytes(desk)
        body = succeeded(DESK, desk.invoke(_event(kind, agent, home, start)))["body"]
        home = body if kind == "list" else home
        yield kind, log_bytes(desk) - before


def _event(kind: str, agent: SignedIn, home: str, start: datetime) -> Json:
    match kind:
        case "list":
            return agent.home()
        case "poll":
            return agent.poll(home)
        case "call":
            return agent.call()
        case "draft" | "book":
            return agent.sent(kind, start)
    return agent.call(kind)
