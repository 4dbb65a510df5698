"""What becomes of a booking whose every message fails, and of a letter that nobody understands."""

from __future__ import annotations

from typing import Any

import pytest

from commands.template import template
from convox_clinicea.bookings.protocol import OVERDUE, ProtocolTimings
from convox_clinicea.bookings.worker import Worker
from tests.chaos.callers import Callers
from tests.chaos.judge import Judge
from tests.chaos.queue import Queue
from tests.chaos.story_book import known, one
from tests.chaos.world import World

MINUTE, HOUR = 60.0, 3600.0
AGE = ProtocolTimings().age.total_seconds()


def queues(world: World) -> tuple[Queue, Queue]:
    (live,) = (queue for queue in world.queues.values() if queue.dead_letters is not None)
    assert live.dead_letters is not None
    return live, live.dead_letters


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*_given: Any, **_named: Any) -> None:
        raise RuntimeError("whatever the booking")

    monkeypatch.setattr(Worker, "work", work)


@pytest.mark.usefixtures("failing")
def test_parked_an_hour_after_the_age_limit_before_dead_letter() -> None:
    world = World(1, 0.0, 0.0)
    intents = one(world, known)
    live, dead = queues(world)
    first_letter, generations = 0.0, 0
    with world:
        Callers(world, intents)
        while world.scheduler.now < AGE + 2 * HOUR:
            world.let_pass(MINUTE)
            first_letter = first_letter or (world.scheduler.now if live.buried else 0.0)
            generations = max(generations, _generation(world))
            if Judge(world, intents).all_ended():
                break
        parked_at = world.scheduler.now
        (notice,) = world.notices
        world.let_pass(20 * MINUTE)
        verdict = Judge(world, intents).verdict()

    assert verdict.harmless, verdict.evidence
    assert '"age_limit"' in notice
    # Each message is received every three minutes, and is a dead letter after five hours. The sweeper takes it away and
    # parks nothing, for by then the booking has had a fresh message each half hour.
    assert 5 * HOUR <= first_letter < 5.5 * HOUR
    assert generations >= 24
    assert AGE + OVERDUE.total_seconds() < parked_at < AGE + OVERDUE.total_seconds() + 35 * MINUTE
    assert len(dead) == 0


def test_a_letter_that_nobody_understands_rings_without_a_pause() -> None:
    world = World(1, 0.0, 0.0)
    live, _ = queues(world)
    visible, together = [], []
    with world:
        live.send("not one of ours")
        for _ in range(60):
            world.let_pass(MINUTE)
            shown, hidden, _ = queues(world)[1].measures()
            visible.append(shown > 0)
            together.append(shown + hidden > 0)

    assert all(together[1:])
    assert visible.count(True) < 30, "seen alone, it would ring on and off"
    metrics = template()["Resources"]["DeadLetterAlarm"]["Properties"]["Metrics"]
    assert metrics[0]["Expression"] == "visible + hidden"


def _generation(world: World) -> int:
    items = (item for table in world.tables for item in table.items.values())
    return max((int(item["generation"]["N"]) for item in items if "generation" in item), default=0)
