"""The restore drill in the middle of a run: half of an older backup is gone and comes back, and erasures stay."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from commands.restore import put_back_missing
from tests.chaos import restores
from tests.chaos.mix import Mix
from tests.chaos.run import Run
from tests.chaos.story_book import STORIES, erased

TOLD = {**STORIES, erased: 40.0}
MIX = Mix(also=frozenset({"restore"}))


def drill(seed: int) -> Run:
    return Run(120, seed, 0.33, told=TOLD, mix=MIX, attended=True)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_restore_in_the_middle_harms_nobody(seed: int) -> None:
    run = drill(seed)
    verdict = run.verdict()

    assert verdict.harmless, verdict.evidence
    assert not verdict.crashes
    assert run.restored is not None
    assert run.restored.counts["booking: put back, needs a person"]
    assert verdict.booked > verdict.accepted * 0.5


def test_without_the_journal_what_was_erased_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(*given: Any, journal: object, **how: Any) -> Counter[str]:
        assert journal is not None
        return put_back_missing(*given, **how)

    monkeypatch.setattr(restores, "put_back_missing", forgetful)

    assert any(drill(seed).verdict().brought_back for seed in (1, 2, 3))
