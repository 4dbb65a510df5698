"""The nights of a run and after it: the product compares ledger and calendar, of a world that is at rest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.chaos.clock import BEGINNING, moment
from tests.chaos.world import World

Json = dict[str, Any]
FUNCTION = "reconcile"
MOST_PARTS = 1000


def findings(world: World) -> list[Json]:
    """Return what the comparison finds: of the days that the run took, and of all that are ahead of its end."""
    zone = world.clinicea.account.zone
    day, today = BEGINNING.astimezone(zone).date(), moment(world.scheduler.now).astimezone(zone).date()
    orders: list[Json] = [{}]
    while day < today:  # each was ahead in its own night
        orders.append({"day": day.isoformat()})
        day += timedelta(days=1)
    return [found for order in orders for found in _found(world, order)]


def _found(world: World, order: Json) -> list[Json]:
    found: list[Json] = []
    after: Json | None = None
    for _ in range(MOST_PARTS):
        part = _part(world, {**order, "after": after})
        found += part["discrepancies"]
        assert part["unread"] == [], "the weather is fair: each day can be read"
        after = part["after"]
        if after is None:
            return found
    raise AssertionError("the comparison comes to no end")


def _part(world: World, order: Json) -> Json:
    answers: list[Json] = []

    def ended(result: Any, failure: BaseException | None) -> None:
        if failure is not None:
            raise failure
        answers.append(result)

    world.runtime.invoke(FUNCTION, order, ended)
    while not answers:
        world.scheduler.turn()
    return answers[0]
