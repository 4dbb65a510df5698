"""The simulation is itself tested: with any one safeguard taken out of the product it must find harm."""

from __future__ import annotations

import pytest

from tests.chaos.mutants import MUTANTS, PROVEN, Mutant

CHECKS = {mutant.check.__name__: mutant.check for mutant in MUTANTS.values()}


@pytest.mark.parametrize("name", CHECKS)
def test_the_product_as_it_is_passes_what_its_mutants_fail(name: str) -> None:
    assert CHECKS[name]() == []


@pytest.mark.parametrize(
    "name", sorted({each.check.__name__ for each in MUTANTS.values() if PROVEN.items() <= each.changes.items()})
)
def test_so_does_the_product_with_a_proven_setup(name: str) -> None:
    with Mutant(PROVEN, CHECKS[name], "").applied():
        assert CHECKS[name]() == []


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught(name: str) -> None:
    mutant = MUTANTS[name]
    with mutant.applied():  # a seam that is gone fails here: a mutant that is not made proves nothing
        evidence = mutant.check()

    assert any(each.startswith(mutant.harm) for each in evidence), evidence
    assert not any(each.startswith("crash") for each in evidence), evidence
