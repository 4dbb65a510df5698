"""The night after a run: the product compares ledger and calendar, of a world that is at rest."""

from __future__ import annotations

from typing import Any

from tests.chaos.world import World

Json = dict[str, Any]
FUNCTION = "reconcile"
MOST_PARTS = 1000


def findings(world: World) -> list[Json]:
    """Return what the comparison finds, asked for part by part as the command does."""
    found: list[Json] = []
    order: Json = {}
    for _ in range(MOST_PARTS):
        part = _part(world, order)
        found += part["discrepancies"]
        assert part["unread"] == [], "the weather is fair: each day can be read"
        if part["after"] is None:
            return found
        order = {"after": part["after"]}
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
