"""Checks of the desk: days on which agents book there, with and without faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.chaos.desk_stories import DESK_STORIES, DeskStory, corrected, kept_then_bare, transferred, two_tabs
from tests.chaos.judge_desk import replaced
from tests.chaos.mutants.scenes import PROVEN, harms
from tests.chaos.run import DeskDay, Run

WISHES = 120


def desk_day() -> Iterator[list[str]]:
    """All stories of the desk, with many faults."""
    for seed in (1, 2):
        yield harms(Run(0, seed, 0.33, desk=DeskDay(WISHES, DESK_STORIES)).verdict())


def desk_in_fair_weather() -> Iterator[list[str]]:
    """Nothing fails: no call's end is refused, and no wish that the desk has replaced is made."""
    run = _fair({kept_then_bare: 1.0, corrected: 3.0})
    yield harms(run.verdict())
    wishes = [intent for intent in run.intents if intent.story.endswith(kept_then_bare.__name__)]
    yield [f"parked: tag {wish.tag}: its bare callback is refused" for wish in wishes if max(wish.answers) >= 400]
    states = {each: run.world.status(each)[1]["state"] for wish in run.intents for each in wish.booking_ids}
    yield [
        f"parked: tag {wish.tag}: the agent has replaced it"
        for wish in replaced(run.intents)
        if not wish.calls_back and any(states[each] != "rejected" for each in wish.booking_ids)
    ]


def two_forms_at_once() -> Iterator[list[str]]:
    """Two forms of one call have two times."""
    yield harms(_fair({two_tabs: 1.0}).verdict())


def transferred_desks() -> Iterator[list[str]]:
    """A call is given to another agent's desk."""
    yield harms(_fair({transferred: 1.0}).verdict())


def _fair(told: Mapping[DeskStory, float]) -> Run:
    return Run(0, 1, 0.0, desk=DeskDay(WISHES, told), parameters=PROVEN)


OF_THE_DESK = (desk_day, desk_in_fair_weather, two_forms_at_once, transferred_desks)
