"""`python -m tests.chaos --bookings N --seed S --faults F`: one run and its report; fails if anybody was harmed."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack
from pathlib import Path

LAYER = Path(__file__).resolve().parents[2] / "layers" / "connector"
SHOWN = 20
"""Of the bookings that were parked without need."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("--bookings", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=float, default=0.33, help="share of Clinicea calls that are hit, 0 to 1")
    parser.add_argument("--attended", action="store_true", help="somebody redrives and resolves what is parked")
    parser.add_argument("--trace", type=Path, help="write every event into this file")
    parser.add_argument("--metrics", type=Path, help="write what the functions count into this file")
    given = parser.parse_args()
    if not 0 <= given.faults <= 1:
        parser.error("--faults is a share, 0 to 1")
    sys.path[:0] = [str(LAYER), str(LAYER.parents[1])]
    from tests.chaos.report import line
    from tests.chaos.run import Run, reporting

    began = time.monotonic()
    with ExitStack() as stack:
        trace = stack.enter_context(given.trace.open("w", encoding="utf-8")) if given.trace else None
        metrics = stack.enter_context(given.metrics.open("w", encoding="utf-8")) if given.metrics else None
        run = Run(given.bookings, given.seed, given.faults, attended=given.attended, trace=trace, metrics=metrics)
        verdict = run.verdict(reporting())
    for sentence in [*verdict.parked[:SHOWN], *verdict.split, *verdict.untold[:SHOWN], *verdict.evidence]:
        sys.stderr.write(f"{sentence}\n")
    digest = run.world.scheduler.trace.digest
    acts = run.attendant.outcomes if run.attendant else None
    report = line(verdict, seconds=time.monotonic() - began, seed=given.seed, digest=digest, acts=acts)
    sys.stdout.write(report + "\n")
    sys.stdout.flush()
    return 0 if verdict.harmless and not verdict.crashes else 1


if __name__ == "__main__":
    sys.exit(main())
