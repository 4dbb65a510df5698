"""Every interleaving of a few workers, up to the order of effects that cannot influence one another.

A worker runs until it is about to touch DynamoDB or Clinicea; then it is decided who goes on. All decisions are tried,
depth first, each from a fresh world. Two orders that differ only in neighbouring effects on different things are one
(sleep sets, after Godefroid): of each class one order is run, and none is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from greenlet import getcurrent, greenlet

ALWAYS = "time"
"""Every effect happens at some time."""


@dataclass(frozen=True)
class Effect:
    """What an actor is about to do.

    Attributes:
        what: its name, for a person.
        reads: the things that it depends on.
        writes: the things that it may change.
    """

    what: str
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()

    def commutes(self, other: Effect) -> bool:
        """Whether the two in either order come to the same."""
        if self.writes & other.writes:
            return False
        return not (self.writes & (other.reads | {ALWAYS}) or other.writes & (self.reads | {ALWAYS}))


class Stage:
    """Where actors wait for their turn; outside of actors, effects simply happen."""

    def __init__(self) -> None:
        self.current: Actor | None = None

    def effect(self, what: str, *, reads: Sequence[str] = (), writes: Sequence[str] = ()) -> None:
        """Say what comes next, and wait for the turn to do it."""
        if self.current is not None:
            self.current.wait(Effect(what, frozenset(reads), frozenset(writes)))


class Actor:
    """Somebody at work.

    Attributes:
        next: what it is about to do; None once it is done.
        result: what its work returned.
    """

    def __init__(self, stage: Stage, name: str, work: Callable[[], object]) -> None:
        self.name = name
        self.next: Effect | None = None
        self.result: object = None
        self._stage = stage
        self._work = work
        self._greenlet = greenlet(self._run)

    def go_on(self) -> None:
        """Do what comes next, up to the effect after it."""
        self._stage.current = self
        try:
            self._greenlet.switch()
        finally:
            self._stage.current = None

    def wait(self, effect: Effect) -> None:
        """Called by the stage, on the actor's own stack."""
        self.next = effect
        parent = getcurrent().parent
        assert parent is not None
        parent.switch()

    def _run(self) -> None:
        self.result = self._work()
        self.next = None


class Play:
    """One world, its actors, and what came of them. Subclasses say what."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.actors: list[Actor] = []

    def actor(self, name: str, work: Callable[[], object]) -> None:
        """Add somebody who works at the same time as the others."""
        self.actors.append(Actor(self.stage, name, work))

    def harm(self) -> list[str]:
        """Let come to an end what is left, and return what harm was done."""
        raise NotImplementedError


@dataclass(frozen=True)
class Explored:
    """What an exploration found.

    Attributes:
        orders: how many orders were run to their end.
        harms: of each that did harm, the harm and who acted in which order.
    """

    orders: int
    harms: tuple[str, ...]


@dataclass(frozen=True)
class _Branch:
    """A decision that is still to be tried.

    Attributes:
        path: the decisions before and this one, by the actors' places.
        sleeping: actors whose next effect has been tried here already, in an order that comes to the same.
    """

    path: tuple[int, ...]
    sleeping: Mapping[int, Effect]


def explore(make: Callable[[], Play], *, most: int = 20_000) -> Explored:
    """Run every order of the play's effects.

    Args:
        make: makes the play anew, the same each time.
        most: of the orders; a play that has more fails.
    """
    orders, harms = 0, []
    branches = [_Branch((), {})]
    while branches:
        play = make()
        for actor in play.actors:
            actor.go_on()  # to the first effect, before which nothing has happened
        ended = _followed(play, branches.pop(), branches)
        if ended is None:
            continue
        orders += 1
        if orders > most:
            raise OverflowError(f"more than {most} orders")
        harms += [f"{each}, after: {'; '.join(ended)}" for each in play.harm()]
    return Explored(orders, tuple(harms))


def _followed(play: Play, branch: _Branch, branches: list[_Branch]) -> list[str] | None:
    """Follow one branch to its end and note the others; None if it came to what another branch has."""
    told: list[str] = []
    path: tuple[int, ...] = ()
    for place in branch.path:
        path = (*path, place)
        _step(play, place, told)
    sleeping = dict(branch.sleeping)
    while True:  # bounded: every actor ends
        ready = {place: actor.next for place, actor in enumerate(play.actors) if actor.next is not None}
        if not ready:
            return told
        awake = [place for place in ready if place not in sleeping]
        if not awake:
            return None
        tried = dict(sleeping)
        later: list[_Branch] = []
        for place in awake:
            effect = ready[place]
            left = {other: slept for other, slept in tried.items() if slept.commutes(effect)}
            if place == awake[0]:
                first = left
            else:
                later.append(_Branch((*path, place), left))
            tried[place] = effect
        branches += reversed(later)
        path = (*path, awake[0])
        sleeping = first
        _step(play, awake[0], told)


def _step(play: Play, place: int, told: list[str]) -> None:
    actor = play.actors[place]
    assert actor.next is not None
    told.append(f"{actor.name} {actor.next.what}")
    actor.go_on()


def touched(operation: str, given: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield the keys that a call of DynamoDB's touches, and whether it may change them."""
    if "TransactItems" in given:
        for each in given["TransactItems"]:
            for what in each.values():
                yield _key(what), True
    elif "Item" in given or "Key" in given:
        yield _key(given), operation != "get_item"
    else:
        yield "*", False


def _key(given: Mapping[str, Any]) -> str:
    return str(given.get("Item", given.get("Key"))["pk"]["S"])
