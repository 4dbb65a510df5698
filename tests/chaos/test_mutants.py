"""The simulation is itself tested: with any one safeguard taken out of the product it must find harm.

Here run the most telling mutants; `make chaos ARGS=--mutants` runs them all.
"""

from __future__ import annotations

import pytest

from tests.chaos.mutants.catalogue import MUTANTS, REDUNDANT
from tests.chaos.mutants.checks import CHECKS
from tests.chaos.mutants.mutant import Mutant, Redundant
from tests.chaos.mutants.patching import ROOT, Patch, PatchFailed, patched
from tests.chaos.mutants.running import Outcome, run

EVERY: list[Mutant | Redundant] = [*MUTANTS, *REDUNDANT]
TELLING = [mutant for mutant in MUTANTS if mutant.telling]
RULES = {str(rule) for rule in range(1, 25)}
NUMBERS = {"lease", "settle time", "margin", "age limit", "receive limit", "sweeper", "numbers"}


def test_each_mutant_is_made_of_the_code_as_it_is() -> None:
    """A patch of code that has moved on names itself."""
    for mutant in EVERY:
        assert patched(mutant.patches), mutant.name


def test_each_mutants_check_exists() -> None:
    checks = {mutant.check for mutant in EVERY} - set(CHECKS)
    examples = {example for check in checks for example in check.split()}

    assert sorted(example for example in examples if not _is_there(example)) == []


def _is_there(example: str) -> bool:
    path, _, test = example.partition("::")
    return (ROOT / path).is_file() and f"def {test.rpartition('::')[2]}" in (ROOT / path).read_text("utf-8")


def test_each_rule_and_each_number_has_mutants() -> None:
    have = {mutant.rule for mutant in MUTANTS}

    assert len(MUTANTS) >= 40
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert sorted(RULES - have) == []
    assert sorted(NUMBERS - have) == []


@pytest.mark.parametrize(
    "patch",
    [
        Patch("bookings/protocol.py", "no such text", "x"),
        Patch("bookings/protocol.py", "timedelta", "x"),
        Patch("bookings/gone.py", "x", "y"),
        Patch("bookings/protocol.py", "class RateLimits:", "class Limits"),
    ],
)
def test_a_patch_of_code_that_has_moved_on_fails(patch: Patch) -> None:
    with pytest.raises(PatchFailed):
        patched([patch])


@pytest.mark.parametrize("mutant", TELLING, ids=lambda mutant: mutant.name)
def test_a_telling_mutant_is_caught(mutant: Mutant) -> None:
    result = run(mutant)

    assert result.outcome is Outcome.CAUGHT, result.line()


@pytest.mark.parametrize("check", sorted({mutant.check for mutant in TELLING}))
def test_the_product_as_it_is_passes_what_they_fail(check: str) -> None:
    assert [found for evidence in CHECKS[check]() for found in evidence] == []
