"""Warm invocations: the time that a function adds to the waiting for Clinicea and AWS, and its requests to them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

from bench.events import Feeding, Next, succeeded
from bench.memory import peak_megabytes
from bench.runtime import Runtime
from bench.spread import covered, percentile
from bench.stage import MEASURED, USUAL, Place, Stage

Json = dict[str, Any]
Say = Callable[[str], None]
WARM_UP = 10
"""Uncounted first invocations of each function."""
BLOCK = 20
"""Invocations of one function before the next one's turn."""


def measure(stage: Stage, calls: int, say: Say, names: Sequence[str] = ()) -> Json:
    """Invoke each function at least `calls` times, in turns, with the probe around its handler."""
    names = names or (USUAL, *MEASURED)
    with ExitStack() as running:
        feeding = running.enter_context(Feeding(stage))
        subjects: dict[str, tuple[Runtime, Path, Next]] = {}
        tables: dict[str, dict[str, str]] = {}
        said: dict[str, int] = {}
        for name in names:
            say(f"warm, starting {name}")
            place = stage.place(name)
            runtime, lines = stage.probed(name, place, seconds=60)
            subjects[name] = (running.enter_context(runtime), lines, feeding.of(name, place))
            tables[name] = tables_of(place)
            _invoke(name, subjects[name], WARM_UP)
            said[name] = log_bytes(runtime)
        rounds = -(-calls // BLOCK)
        for turn in range(1, rounds + 1):
            say(f"warm, round {turn} of {rounds}")
            for name in names:
                _invoke(name, subjects[name], BLOCK)
        return {
            name: {
                **summary(lines_of(lines)[WARM_UP:], tables[name]),
                "peak_megabytes": peak_megabytes(runtime),
                "log_bytes": (log_bytes(runtime) - said[name]) / (rounds * BLOCK),
            }
            for name, (runtime, lines, _) in subjects.items()
        }


def _invoke(name: str, subject: tuple[Runtime, Path, Next], times: int) -> None:
    runtime, _, next_event = subject
    for _ in range(times):
        succeeded(name, runtime.invoke(next_event()))


def lines_of(file: Path) -> list[Json]:
    """Return the probe's lines."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def log_bytes(runtime: Says) -> int:
    """Return the bytes logged by the function, without the emulator's lines, which are not JSON."""
    return sum(len(line) + 1 for line in runtime.said.splitlines() if line.startswith("{"))


class Says(Protocol):
    """A function's environment, with its output."""

    @property
    def said(self) -> str: ...


def tables_of(place: Place) -> dict[str, str]:
    """Return the display names of a deployment's tables."""
    return {place.stack.disclosures_table: "disclosures", place.stack.table: "ledger"}


def summary(lines: Sequence[Json], tables: Mapping[str, str]) -> Json:
    """Summarise a function's invocations from the probe's lines; times are in milliseconds.

    Args:
        tables: display names of the tables.
    """
    added = [(each["wall"] - covered(each["outbound"], 0.0, each["wall"])) * 1000 for each in lines]
    wall = [each["wall"] * 1000 for each in lines]
    shares = (50, 95, 99)
    calls = Counter(_named(call, tables) for each in lines for call in each["calls"])
    return {
        "added": {f"p{share}": percentile(added, share) for share in shares},
        "wall": {f"p{share}": percentile(wall, share) for share in shares},
        "cpu_p50": percentile([each["cpu"] * 1000 for each in lines], 50),
        "calls": {what: count / len(lines) for what, count in sorted(calls.items())},
        "aws_calls": sum(count for what, count in calls.items() if what != "clinicea") / len(lines),
        "count": len(lines),
    }


def _named(call: str, tables: Mapping[str, str]) -> str:
    what, _, table = call.partition(" ")
    name, x, items = table.partition(" x")
    return f"{what} {tables.get(name, name)}{x}{items}".strip()
