"""Bookings that the release before accepted end as they would have, though its queue is deleted with their messages."""

from __future__ import annotations

import pytest

from tests.chaos.upgrades import BOOKINGS, upgrade


@pytest.mark.parametrize(("seed", "faults"), [(1, 0.0), (2, 0.0), (4, 0.33), (5, 0.33)])
def test_bookings_with_messages_in_the_old_queue_are_booked(seed: int, faults: float) -> None:
    verdict = upgrade(seed, faults)

    assert verdict.harmless, verdict.evidence
    assert not verdict.crashes
    assert not verdict.untold
    assert verdict.accepted >= BOOKINGS * 0.9
    assert verdict.booked > verdict.accepted * 0.5
