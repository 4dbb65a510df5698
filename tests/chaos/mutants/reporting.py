"""What `make chaos ARGS=--mutants` prints."""

from __future__ import annotations

import sys
import time
from collections import Counter

from tests.chaos.mutants.catalogue import MUTANTS, REDUNDANT
from tests.chaos.mutants.running import Outcome, Result, run_all


def report_all() -> bool:
    """Run every mutant and print a line for each; returns whether all is as it should be.

    Each check runs on the product as it is, too: there it must find nothing. What is not as it should be comes once
    more at the end.
    """
    began = time.monotonic()
    results: list[Result] = []
    for result in run_all(MUTANTS, REDUNDANT):
        results.append(result)
        _print(result.line())
    bad = [each for each in results if not each.good]
    for result in bad:
        _print(f"{result.line()}  (check: {result.check})")
    counts = Counter(each.outcome for each in results[-len(MUTANTS) - len(REDUNDANT) :])
    simulated = sum(not each.by_example for each in MUTANTS)
    caught = f"{counts[Outcome.CAUGHT]} of {len(MUTANTS)} mutants caught"
    how = f"{simulated} by the simulation, {len(MUTANTS) - simulated} by examples"
    _print(f"{caught} ({how}); {len(bad)} not as they should be; {time.monotonic() - began:.0f} s")
    return not bad


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
