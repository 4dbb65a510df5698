"""All interleavings of two and three workers, exhaustively: nobody is harmed. And the exploration itself."""

from __future__ import annotations

from functools import partial

import pytest

from tests.chaos.desk_plays import DESK_PLAYS
from tests.chaos.interleavings import Play, explore
from tests.chaos.plays import PLAYS


@pytest.mark.parametrize("name", PLAYS)
def test_no_order_of_effects_harms_anybody(name: str) -> None:
    explored = explore(PLAYS[name])

    assert explored.harms == ()
    assert explored.orders > 1


@pytest.mark.parametrize("name", DESK_PLAYS)
def test_in_no_order_the_desk_books_twice_or_not_at_all(name: str) -> None:
    explored = explore(DESK_PLAYS[name])

    assert explored.harms == ()
    assert explored.orders > 1


class Counters(Play):
    """Two that add one to the same number, or to a number each, without a lock."""

    def __init__(self, things: tuple[str, str]) -> None:
        super().__init__()
        self.numbers = dict.fromkeys(things, 0)
        for thing in things:
            self.actor(thing, partial(self._adds, thing))

    def harm(self) -> list[str]:
        return [] if sum(self.numbers.values()) == 2 else ["an update was lost"]

    def _adds(self, thing: str) -> None:
        self.stage.effect("reads", reads=[thing])
        read = self.numbers[thing]
        self.stage.effect("writes", writes=[thing])
        self.numbers[thing] = read + 1


def test_a_lost_update_is_found_in_the_orders_that_lose_it() -> None:
    explored = explore(lambda: Counters(("one", "one")))

    # Of six orders, those that differ by two readings in a row are one; two that read and write in turn are right.
    assert explored.orders == 4
    assert len(explored.harms) == 2


def test_orders_of_effects_on_different_things_are_one() -> None:
    explored = explore(lambda: Counters(("one", "another")))

    assert (explored.orders, explored.harms) == (1, ())


def test_a_play_with_too_many_orders_fails() -> None:
    with pytest.raises(OverflowError):
        explore(lambda: Counters(("one", "one")), most=2)
