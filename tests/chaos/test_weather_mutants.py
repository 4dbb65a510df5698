"""What the clinic's hand, odd answers and a ConVox that sends once bring to light, with a safeguard taken out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from convox_clinicea.bookings import calendar, callback_flow
from convox_clinicea.bookings.posting import Posting
from tests.chaos.clinicea_faults import OF_POSTS
from tests.chaos.judge import Verdict
from tests.chaos.mix import Mix
from tests.chaos.run import Run
from tests.chaos.status_stories import ended
from tests.chaos.story_book import known

BESIDE_THE_POINT = ("read_lag_seconds", "stale", "without_read_backs")


def found(verdict: Verdict) -> list[str]:
    return [*verdict.evidence, *(f"crash: {crash}" for crash in verdict.crashes)]


def busy_front_desk() -> list[str]:
    """The staff touches each appointment, and every answer is in doubt for a while."""
    run = Run(40, 1, 0.5, told={known: 1.0}, mix=Mix(frozenset({*BESIDE_THE_POINT, "created_answer"})))
    run.world.front_desk.touched = 2.0
    return found(run.verdict())


def bare_and_rounded() -> list[str]:
    """Nothing fails, but the ids of some come alone, and their starts are rounded."""
    run = Run(24, 3, 0.0, told={known: 1.0})
    for intent in run.intents[::2]:
        run.world.troubles.destined[intent.tag] = [OF_POSTS["bare_rounded"][1]]
    return found(run.verdict())


def told_once() -> list[str]:
    run = Run(120, 6, 0.8, told={ended: 1.0}, mix=Mix(frozenset({*BESIDE_THE_POINT, "front_desk"})))
    return found(run.verdict())


def _without_cancelled(before: Any) -> Any:
    """Take a cancelled appointment for none."""

    def classify(appointments: Any, patient_id: str, wanted: Any) -> Any:
        shown = before(appointments, patient_id, wanted)
        nearby = tuple(each for each in shown.nearby if each not in shown.cancelled)
        return replace(shown, nearby=nearby, cancelled=())

    return classify


def _whatever_its_start(before: Any) -> Any:
    """Believe a bare id without a look."""

    def created(self: Any, attempt: Any, claimed: Any, created: Any) -> Any:
        return before(self, attempt, claimed, created.model_copy(update={"shown": True}))

    return created


def _uncounted(_before: Any) -> Any:
    @contextmanager
    def counted(_metrics: Any) -> Iterator[None]:
        yield

    return counted


class Mutant(NamedTuple):
    """One seam of the product with something else in its place; the check that must find the harm."""

    owner: Any
    name: str
    change: Callable[[Any], Any]
    check: Callable[[], list[str]]
    harm: str


MUTANTS = {
    "a cancelled one counts as none": Mutant(calendar, "_classify", _without_cancelled, busy_front_desk, "made_again"),
    "a bare id is believed": Mutant(Posting, "_created", _whatever_its_start, bare_and_rounded, "moved_untold"),
    "a failed callback is not counted": Mutant(callback_flow, "counted", _uncounted, told_once, "unnoticed"),
}
CHECKS = {mutant.check.__name__: mutant.check for mutant in MUTANTS.values()}


@pytest.mark.parametrize("name", CHECKS)
def test_the_product_as_it_is_passes(name: str) -> None:
    assert CHECKS[name]() == []


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = MUTANTS[name]
    monkeypatch.setattr(mutant.owner, mutant.name, mutant.change(getattr(mutant.owner, mutant.name)))

    evidence = mutant.check()

    assert any(each.startswith(mutant.harm) for each in evidence), evidence
    assert not any(each.startswith("crash") for each in evidence), evidence
