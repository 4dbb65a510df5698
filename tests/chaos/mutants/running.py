"""Runs mutants, each in a process and a copied tree of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from tests.chaos.mutants.mutant import Mutant, Redundant
from tests.chaos.mutants.patching import Patch, PatchFailed, patched_tree

MOST_SECONDS = 240.0
"""For one check; the slowest takes a tenth of it."""
AS_IT_IS = "as it is"
"""What stands for a rule where a check runs on the product as it is."""
EXAMPLES_FAILED = 1
"""pytest's exit code where tests failed; others mean that they could not be run."""


class Outcome(StrEnum):
    CAUGHT = "caught"
    NOT_CAUGHT = "NOT CAUGHT"
    BROKEN = "BROKEN"
    """It could not be made or judged: its text is gone, it crashes, or it takes too long."""
    HARMLESS = "harmless"
    """As a redundant safeguard, and the product as it is, must be."""
    HARMFUL = "HARMFUL"


@dataclass(frozen=True)
class Result:
    """What came of one mutant, or of a check on the product as it is."""

    outcome: Outcome
    rule: str
    name: str
    check: str
    evidence: str
    seconds: float

    @property
    def good(self) -> bool:
        return self.outcome in (Outcome.CAUGHT, Outcome.HARMLESS)

    def line(self) -> str:
        what = f"{self.outcome:<10}  {self.rule:<13}  {self.name[:63]:<63}  {self.seconds:5.1f} s"
        return f"{what}  {self.evidence[:110]}".rstrip()


class CouldNotRun(Exception):
    """The check did not come to its end."""


def found(patches: Sequence[Patch], check: str) -> list[str]:
    """Return what a check finds in the product with these patches; raises CouldNotRun, PatchFailed."""
    with patched_tree(patches) as root:
        return _examples(root, check.split()) if check.startswith("tests/") else _simulated(root, check)


def run(mutant: Mutant) -> Result:
    """Run one mutant's check."""

    def judge(evidence: list[str]) -> tuple[Outcome, str]:
        crashes = [each for each in evidence if each.startswith("crash")]
        if crashes:
            return Outcome.BROKEN, crashes[0]
        harm = next((each for each in evidence if each.startswith(mutant.harm)), None)
        return (Outcome.CAUGHT, harm) if harm else (Outcome.NOT_CAUGHT, "; ".join(evidence))

    return _result(mutant.patches, mutant.rule, mutant.name, mutant.check, judge)


def run_harmless(name: str, rule: str, check: str, patches: Sequence[Patch] = ()) -> Result:
    """Run a check that must find nothing: on the product as it is, or without a safeguard that another one covers."""

    def judge(evidence: list[str]) -> tuple[Outcome, str]:
        return (Outcome.HARMFUL, evidence[0]) if evidence else (Outcome.HARMLESS, "")

    return _result(patches, rule, name, check, judge)


def run_all(mutants: Sequence[Mutant], redundant: Sequence[Redundant] = ()) -> Iterator[Result]:
    """Run all of them on all processors; yields the results in order, the product as it is first."""
    checks = dict.fromkeys([*(each.check for each in mutants), *(each.check for each in redundant)])
    jobs: list[Callable[[], Result]] = [
        *(partial(run_harmless, check.rpartition("/")[2], AS_IT_IS, check) for check in checks),
        *(partial(run, mutant) for mutant in mutants),
        *(partial(run_harmless, each.name, each.rule, each.check, each.patches) for each in redundant),
    ]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        yield from pool.map(lambda job: job(), jobs)


def _result(
    patches: Iterable[Patch], rule: str, name: str, check: str, judge: Callable[[list[str]], tuple[Outcome, str]]
) -> Result:
    began = time.monotonic()
    try:
        outcome, evidence = judge(found(list(patches), check))
    except (PatchFailed, CouldNotRun) as error:
        outcome, evidence = Outcome.BROKEN, str(error)
    return Result(outcome, rule, name, check, evidence, time.monotonic() - began)


def _simulated(root: Path, check: str) -> list[str]:
    done = _ran(root, [sys.executable, "-m", "tests.chaos.mutants.probe", check])
    if done.returncode:
        raise CouldNotRun(_last_line(done.stderr))
    evidence: list[str] = json.loads(done.stdout.splitlines()[-1])
    return evidence


def _examples(root: Path, ids: list[str]) -> list[str]:
    done = _ran(root, [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *ids])
    if done.returncode not in (0, EXAMPLES_FAILED) or (done.returncode and " failed" not in done.stdout):
        raise CouldNotRun(_last_line(done.stdout + done.stderr))
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    return [f"failed: {line.removeprefix('FAILED ')}" for line in failed]


def _ran(root: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))},
        "PYTHONPATH": os.pathsep.join([str(root), str(root / "layers" / "connector")]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    try:
        return subprocess.run(
            command, capture_output=True, text=True, cwd=root, env=environment, timeout=MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise CouldNotRun(f"took longer than {MOST_SECONDS:.0f} s") from None


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "no output")
