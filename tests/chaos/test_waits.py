"""A booking of a patient never waits out of sight for another of theirs: it is made, or a person sees it in time."""

from __future__ import annotations

import pytest

from tests.chaos.crashes import OUTCOMES, FirstPost
from tests.chaos.run import Run
from tests.chaos.waiting_plays import HOUR, AwayOnceItWasPosted, Played, rounded
from tests.chaos.waiting_stories import WAITING_STORIES, newcomer_in_doubt, one_in_doubt, same_soon, two_at_once

SEEDS = [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("seed", SEEDS)
def test_same_start_as_one_in_doubt_is_parked_others_are_booked(seed: int) -> None:
    played = Played(one_in_doubt, seed, rounded)
    verdict = played.until(4 * HOUR)

    first, same, *others = played.intents
    assert verdict.harmless, verdict.evidence
    assert played.states[first.tag] == ("needs_attention", "outcome_unknown")
    assert played.states[same.tag] == ("needs_attention", "waits_for_other_booking")
    assert [played.states[each.tag] for each in others] == [("booked", None)] * 2
    assert max(played.minutes(each) for each in others) < 5


@pytest.mark.parametrize("seed", SEEDS)
def test_one_is_made_while_the_one_before_it_settles(seed: int) -> None:
    """In a FIFO queue, the patient's next message lies behind the one that waits."""
    played = Played(two_at_once, seed, lambda world: FirstPost(world, OUTCOMES["timeout before"]), Canary="off")
    verdict = played.until(HOUR)

    in_doubt, other = played.intents
    assert verdict.harmless, verdict.evidence
    assert [played.states[each.tag] for each in played.intents] == [("booked", None)] * 2
    assert played.minutes(other) < 1
    assert played.minutes(in_doubt) >= 2, "else there was nothing to wait for"


@pytest.mark.parametrize("seed", SEEDS)
def test_newcomer_in_doubt_delays_no_next_booking_past_its_start(seed: int) -> None:
    played = Played(newcomer_in_doubt, seed, rounded)
    verdict = played.until(4 * HOUR)

    assert verdict.harmless, verdict.evidence
    assert played.states[played.intents[1].tag][0] in ("booked", "needs_attention")


@pytest.mark.parametrize("seed", SEEDS)
def test_booking_waiting_for_a_lock_is_parked_before_its_start(seed: int) -> None:
    """The first was posted and its outcome cannot be read, for Clinicea is away for hours."""
    played = Played(same_soon, seed, AwayOnceItWasPosted)
    verdict = played.until(5 * HOUR)

    second = played.intents[1]
    assert verdict.harmless, verdict.evidence
    assert played.states[second.tag] == ("needs_attention", "waits_for_other_booking")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_in_bad_weather_no_waiting_booking_misses_its_start(seed: int) -> None:
    verdict = Run(120, seed, 0.33, told=WAITING_STORIES).verdict()

    assert verdict.harmless, verdict.evidence
    assert not verdict.crashes
