"""A booking's worker dies, or freezes while another takes its message, after every side effect; nobody is harmed."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.chaos.crashes import FLOWS, LEFTOVERS, OUTCOMES, Accident, play, sweep
from tests.chaos.judge import Verdict

Kind = Literal["death", "freeze"]
CASES = [
    (flow, outcome)
    for flow in FLOWS
    for outcome in OUTCOMES
    # The other flows post nothing that could go wrong, or what they post goes wrong as for these.
    if outcome == "success" or flow in ("known patient", "new patient")
] + [("changed while it waits", "timeout after"), ("changed while it waits", "401")]


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


@pytest.mark.parametrize("leftover", LEFTOVERS)
def test_the_sweeper_dying_anywhere_harms_nobody(leftover: str) -> None:
    verdict, counted = sweep(leftover)
    _nobody_is_harmed(verdict, counted)
    assert counted.steps > 0
    for step in range(1, counted.steps + 1):
        _nobody_is_harmed(*sweep(leftover, step))


def _steps(flow: str, outcome: str) -> int:
    """How many steps it takes when nothing happens but that outcome."""
    verdict, counted = play(flow, outcome, "death")
    assert verdict.harmless, verdict.evidence
    assert verdict.accepted == (2 if flow == "changed once it stands" else 1)
    assert counted.steps > 5
    return counted.steps


def _harms_nobody(flow: str, outcome: str, accident: Kind, *at: int) -> None:
    _nobody_is_harmed(*play(flow, outcome, accident, *at), most=2 if flow.startswith("changed") else 1)


def _nobody_is_harmed(verdict: Verdict, fates: Accident, *, most: int = 1) -> None:
    """Args: most: bookings; a changed mind that comes too late is one of its own."""
    where = fates.happened_at
    assert verdict.harmless, (where, verdict.evidence)
    assert 1 <= verdict.accepted <= most, where
    assert not verdict.crashes, (where, verdict.crashes)
    assert not verdict.split, where
    assert not verdict.untold, where
