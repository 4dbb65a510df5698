"""Agents at the desk in the simulation: nobody is harmed, and the other stories stay as they are without a desk."""

from __future__ import annotations

from collections import Counter

from tests.chaos.desk_stories import DESK_STORIES, given_up, no_consent
from tests.chaos.intent import Intent
from tests.chaos.mix import DESK, Mix
from tests.chaos.run import DeskDay, Run

WITH_DESK = Mix(also=frozenset({DESK}))


def test_agents_at_the_desk_harm_nobody() -> None:
    run = Run(120, 1, 0.33, mix=WITH_DESK)
    verdict = run.verdict()

    assert verdict.harmless, verdict.evidence
    assert not verdict.crashes
    assert not verdict.split
    assert not verdict.untold
    assert len(_at_desk(run)) >= 36
    assert any(len(intent.desk.sent) > 1 for intent in _at_desk(run) if intent.desk), "forms are sent again"


def test_without_faults_the_desk_fails_nobody() -> None:
    run = Run(0, 3, 0.0, desk=DeskDay(120, DESK_STORIES))
    verdict = run.verdict()

    assert verdict.harmless, verdict.evidence
    assert not verdict.crashes
    told = Counter(intent.story for intent in run.intents)
    assert {f"desk: {story.__name__}" for story in DESK_STORIES} == {*told}
    for intent in run.intents:
        assert intent.desk is not None
        assert intent.desk.failed == 0
        if intent.story.endswith((given_up.__name__, no_consent.__name__)):
            assert bool(intent.desk.heard) is bool(intent.booking_ids) is intent.desk.agreed


def test_the_other_stories_are_told_alike_with_a_desk() -> None:
    plain, with_desk = Run(60, 1, 0.33), Run(60, 1, 0.33, mix=WITH_DESK)

    assert _told(with_desk.intents[: len(plain.intents)]) == _told(plain.intents)
    assert len(with_desk.intents) > len(plain.intents)
    tags = [intent.tag for intent in with_desk.intents]
    assert len(tags) == len(set(tags))


def _at_desk(run: Run) -> list[Intent]:
    return [intent for intent in run.intents if intent.desk is not None]


def _told(intents: list[Intent]) -> list[object]:
    return [(intent.tag, intent.story, intent.slot, intent.person, intent.calls) for intent in intents]
