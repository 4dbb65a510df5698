"""Cold starts: time from the start of the process to the first answer, of all functions in turns."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.events import Feeding, Next, succeeded
from bench.runtime import RuntimeFailed
from bench.spread import Spread, covered
from bench.stage import BARE, MEASURED, USUAL, USUAL_COMPILED, Place, Stage

Json = dict[str, Any]
Say = Callable[[str], None]
COMPARED = (BARE, USUAL, USUAL_COMPILED)


@dataclass(frozen=True)
class Start:
    """One cold start, in milliseconds.

    `total` = `emulator` (until it listens; no part of the function) + `init` (by the emulator's own report)
    + `first_request` (the rest: hand-over, the first invocation, its answer).
    """

    total: float
    emulator: float
    init: float

    @property
    def first_request(self) -> float:
        return self.total - self.emulator - self.init


def measure(stage: Stage, rounds: int, probed_rounds: int, say: Say, names: Sequence[str] = ()) -> Json:
    """Start every function `rounds` times in turns, and some more times with the probe.

    The first round is discarded: it fills the page cache, and logs in to Clinicea.
    """
    names = names or (*COMPARED, *MEASURED)
    places = {name: stage.place(name) for name in names}
    starts: dict[str, list[Start]] = {name: [] for name in names}
    inside: dict[str, list[Json]] = {name: [] for name in names}
    with Feeding(stage) as feeding:
        events = {name: feeding.of(name, places[name]) for name in names}
        for turn in range(rounds + 1):
            say(f"cold start, round {turn} of {rounds}")
            for name in names:
                start = _started(stage, name, places[name], events[name], say)
                if turn:
                    starts[name].append(start)
        for turn in range(1, probed_rounds + 1):
            say(f"cold start with the probe, round {turn} of {probed_rounds}")
            for name in names:
                inside[name].append(_probed(stage, name, places[name], events[name]()))
    return {name: _summary(starts[name], inside[name]) for name in names}


def _started(stage: Stage, name: str, place: Place, next_event: Next, say: Say) -> Start:
    """Start a function, once more after a failure: another process may take the free port."""
    try:
        return _start(stage, name, place, next_event())
    except RuntimeFailed as error:
        say(f"{name} did not start, once more: {error}"[:300])
        return _start(stage, name, place, next_event())


def _start(stage: Stage, name: str, place: Place, event: Json) -> Start:
    with stage.runtime(name, place) as runtime:
        answer = runtime.invoke(event)
        total = runtime.milliseconds
        succeeded(name, answer)
        return Start(total, runtime.emulator_milliseconds, runtime.start_milliseconds)


def _probed(stage: Stage, name: str, place: Place, event: Json) -> Json:
    runtime, lines = stage.probed(name, place)
    with runtime:
        succeeded(name, runtime.invoke(event))
    line: Json = json.loads(lines.read_text("utf-8").splitlines()[0])
    line["answers"] = covered(line["outbound"], float("-inf"), float("inf"))
    return line


def _summary(starts: Sequence[Start], inside: Sequence[Json]) -> Json:
    return {
        "total": asdict(Spread.of([each.total for each in starts])),
        "emulator": asdict(Spread.of([each.emulator for each in starts])),
        "init": asdict(Spread.of([each.init for each in starts])),
        "first_request": asdict(Spread.of([each.first_request for each in starts])),
        "aws_client": asdict(Spread.of([each["aws_client"] * 1000 for each in inside])),
        "answers": asdict(Spread.of([each["answers"] * 1000 for each in inside])),
        "calls": inside[0]["calls"],
    }
