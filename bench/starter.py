"""Starts functions of the tree whose modules it imports: one cold start for each line of standard input, a name.

`bench.against` runs this file in two trees. So it uses only what the benchmark of both has: stage, feeding, runtime.
It answers each line with the milliseconds from the start of the process to the first answer, and begins with the names
of all functions.
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.events import Feeding, succeeded
from bench.stage import FUNCTIONS, USUAL, stage


def main() -> int:
    with ExitStack() as running:
        folder = running.enter_context(tempfile.TemporaryDirectory(prefix="convox-clinicea-bench-"))
        standing = running.enter_context(stage(Path(folder)))
        feeding = running.enter_context(Feeding(standing))
        answer([USUAL, *FUNCTIONS])
        subjects = {}
        for line in sys.stdin:
            name = line.strip()
            if name not in subjects:
                place = standing.place()
                subjects[name] = (place, feeding.of(name, place))
            place, next_event = subjects[name]
            event = next_event()
            with standing.runtime(name, place) as runtime:
                answered = runtime.invoke(event)
                milliseconds = runtime.milliseconds
                succeeded(name, answered)
            answer(milliseconds)
    return 0


def answer(told: object) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
