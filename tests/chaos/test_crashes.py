"""A booking's worker dies, or freezes while another takes its message, after every side effect; nobody is harmed."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.chaos.crashes import FLOWS, OUTCOMES, play

Kind = Literal["death", "freeze"]
CASES = [
    (flow, outcome)
    for flow in FLOWS
    for outcome in OUTCOMES
    # The other flows post nothing that could go wrong.
    if outcome == "success" or flow in ("known patient", "new patient")
]


@pytest.mark.parametrize("accident", ["death", "freeze"])
@pytest.mark.parametrize(("flow", "outcome"), CASES)
def test_an_accident_anywhere_harms_nobody(flow: str, outcome: str, accident: Kind) -> None:
    for step in range(1, _steps(flow, outcome) + 1):
        _harms_nobody(flow, outcome, accident, step)


@pytest.mark.parametrize("outcome", ["success", "timeout after", "late commit", "patient made, slot refused"])
@pytest.mark.parametrize("flow", ["known patient", "new patient"])
def test_a_second_death_on_the_way_back_harms_nobody(flow: str, outcome: str) -> None:
    for step in range(1, _steps(flow, outcome) + 1):
        _harms_nobody(flow, outcome, "death", step, step + 2 + step % 7)


def _steps(flow: str, outcome: str) -> int:
    """How many steps it takes when nothing happens but that outcome."""
    verdict, counted = play(flow, outcome, "death")
    assert verdict.harmless, verdict.evidence
    assert verdict.accepted == 1
    assert counted.steps > 5
    return counted.steps


def _harms_nobody(flow: str, outcome: str, accident: Kind, *at: int) -> None:
    verdict, fates = play(flow, outcome, accident, *at)
    where = (at, fates.happened_at)
    assert verdict.harmless, (where, verdict.evidence)
    assert verdict.accepted == 1, where
    assert not verdict.crashes, (where, verdict.crashes)
    assert not verdict.split, where
    assert not verdict.untold, where
