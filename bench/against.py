"""Cold starts of this tree against another tree's, in turns in one run: `make bench ARGS="--against PATH"`.

Each tree is built and started by its own benchmark, with its own environments, so settings, tables and events may
differ between them. The other tree needs them: `make` and one `make bench ARGS=--small` there, or links to them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.runtime import ROOT
from bench.spread import Spread
from bench.stage import USUAL

Json = dict[str, Any]
Say = Callable[[str], None]
STARTER = Path(__file__).with_name("starter.py")
END_SECONDS = 120


class NoStarter(Exception):
    """A tree's program ended; what it said is on standard error."""


class Starter:
    """The program that starts one tree's functions; a context manager.

    Args:
        tree: its folder, with `.venv` and `.tools`.
    """

    def __init__(self, tree: Path) -> None:
        self._tree = tree
        self.names: list[str] = []

    def __enter__(self) -> Self:
        paths = os.pathsep.join([str(self._tree), str(self._tree / "layers" / "connector")])
        self._process = subprocess.Popen(
            [str(self._tree / ".venv" / "bin" / "python"), "-P", str(STARTER)],
            cwd=self._tree,
            env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()  # which ends it
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:  # it is in the middle of something
            self._process.send_signal(signal.SIGINT)
            self._process.wait(END_SECONDS)
        finally:
            if self._process.stdout is not None:
                self._process.stdout.close()

    def ready(self) -> None:
        """Wait until all is built and served; raises NoStarter."""
        self.names = self._answer()

    def start(self, name: str) -> float:
        """Return the milliseconds of one cold start; raises NoStarter."""
        stdin = self._process.stdin
        if stdin is None:
            raise NoStarter("no standard input")
        stdin.write(f"{name}\n")
        stdin.flush()
        milliseconds: float = self._answer()
        return milliseconds

    def _answer(self) -> Any:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise NoStarter(f"the benchmark of {self._tree.name} ended: {self._process.wait(END_SECONDS)}")
        return json.loads(line)


def measure(other: Path, rounds: int, say: Say, names: Sequence[str] = ()) -> Json:
    """Start the functions that both trees have in turns, `rounds` times; the first round is discarded.

    The usual handler is started in both, too: how far its ratio is from 1 shows how noisy the machine was.
    """
    with ExitStack() as running:
        before, now = (running.enter_context(Starter(tree)) for tree in (other, ROOT))
        for starter in (before, now):
            say("building a tree and starting what its functions need")
            starter.ready()
        compared = list(names) or [each for each in now.names if each in before.names]
        found: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in compared}
        for turn in range(rounds + 1):
            say(f"cold start, round {turn} of {rounds}")
            for name in compared:
                both = before.start(name), now.start(name)
                if turn:
                    for each, milliseconds in zip(found[name], both, strict=True):
                        each.append(milliseconds)
    return {name: _compared(*each) for name, each in found.items()}


def _compared(before: Sequence[float], now: Sequence[float]) -> Json:
    was, is_ = Spread.of(before), Spread.of(now)
    return {"before": asdict(was), "now": asdict(is_), "ratio": is_.median / was.median}


def told(found: Json) -> str:
    """Return the comparison as lines, in milliseconds."""
    lines = [
        f"  {name:<18} {each['before']['median']:7.0f} {each['now']['median']:7.0f}  {each['ratio']:.2f}"
        + ("  the same handler in both: the noise" if name == USUAL else "")
        for name, each in found.items()
    ]
    return "\n".join([f"  {'ms':<18} {'before':>7} {'now':>7}  ratio", *lines])
