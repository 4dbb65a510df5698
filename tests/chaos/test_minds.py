"""Calls of several wishes in the weather: two doors, two children, and agents who return."""

from __future__ import annotations

import pytest

from tests.chaos.mix import Mix
from tests.chaos.places import OPEN_BOOKINGS
from tests.chaos.run import Run
from tests.chaos.status_stories import (
    changed_after_flow,
    changed_person,
    children_on_one_call,
    newcomer_returned,
    returned,
    transferred,
)


@pytest.mark.parametrize("seed", [17, 20, 21, 22])
def test_overtaking_callback_doubles_nothing(seed: int) -> None:
    """With these seeds a flow function's booking and the second callback's both stood."""
    verdict = Run(60, seed, 0.33, told={changed_after_flow: 1.0}, attended=True).verdict()

    assert verdict.harmless, verdict.evidence
    assert not verdict.untold


@pytest.mark.parametrize("seed", [1, 2])
def test_each_person_of_a_call_gets_what_was_wanted_last(seed: int) -> None:
    run = Run(100, seed, 0.33, told={children_on_one_call: 1.0, changed_person: 1.0, returned: 1.0}, attended=True)
    verdict = run.verdict()

    assert verdict.harmless, verdict.evidence
    assert not verdict.untold
    assert not verdict.crashes
    assert verdict.booked > verdict.accepted * 0.5


@pytest.mark.parametrize("seed", [1, 2])
def test_agent_after_a_transfer_replaces_no_earlier_callback(seed: int) -> None:
    """And neither doubles what the other has made."""
    verdict = Run(100, seed, 0.33, told={transferred: 1.0}, attended=True).verdict()

    assert verdict.harmless, verdict.evidence
    assert not verdict.untold
    assert not verdict.crashes
    assert verdict.booked > verdict.accepted * 0.4


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_registered_has_the_proof_of_its_own_content(seed: int) -> None:
    run = Run(60, seed, 0.33, told={newcomer_returned: 1.0}, attended=True)
    verdict = run.verdict()

    assert verdict.harmless, verdict.evidence
    assert not verdict.crashes
    assert len({each.text for each in run.world.clinicea.registered}) > verdict.accepted * 0.2


@pytest.mark.parametrize("seed", [1, 2])
def test_no_number_has_more_open_bookings_than_it_may_have(seed: int) -> None:
    verdict = Run(150, seed, 0.33, mix=Mix(also=frozenset({OPEN_BOOKINGS}))).verdict()

    assert verdict.harmless, verdict.evidence
    assert not verdict.crashes
