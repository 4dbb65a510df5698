"""A booking's worker dies, or freezes while another takes its message, after every side effect; nobody is harmed."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.chaos.crashes import FLOWS, OUTCOMES, play

CASES = [
    (flow, outcome)
    for flow in FLOWS
    for outcome in OUTCOMES
    # The other flows post nothing that could go wrong.
    if outcome == "success" or flow in ("known patient", "new patient")
]


@pytest.mark.parametrize("accident", ["death", "freeze"])
@pytest.mark.parametrize(("flow", "outcome"), CASES)
def test_an_accident_anywhere_harms_nobody(flow: str, outcome: str, accident: Literal["death", "freeze"]) -> None:
    verdict, counted = play(flow, outcome, accident, None)
    assert verdict.harmless, verdict.evidence
    assert verdict.accepted == 1
    assert counted.steps > 5

    for step in range(1, counted.steps + 1):
        verdict, fates = play(flow, outcome, accident, step)
        assert verdict.harmless, (step, fates.happened_at, verdict.evidence)
        assert not verdict.crashes, (step, fates.happened_at, verdict.crashes)
        assert verdict.accepted == 1, (step, fates.happened_at)
        assert not verdict.untold, (step, fates.happened_at)
