"""The checks that mutants must fail: short runs of the simulation, each yielding what harm it found.

A check is a generator, so that it ends with the first run that finds something. On the product as it is, all of its
runs find nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tests.chaos import story_book, waiting_stories
from tests.chaos.crashes import play, sweep
from tests.chaos.interleavings import Play, explore
from tests.chaos.mix import Mix
from tests.chaos.mutants import stories
from tests.chaos.mutants.desk_checks import OF_THE_DESK
from tests.chaos.mutants.planned import LOOKS_AND_ANSWERS
from tests.chaos.mutants.planned_waits import WAITS
from tests.chaos.mutants.scenes import PROVEN, Scene, harms
from tests.chaos.places import OPEN_BOOKINGS
from tests.chaos.plays import PLAYS
from tests.chaos.run import Run
from tests.chaos.status_stories import changed, newcomer_returned, out_of_order, transferred
from tests.chaos.story_book import Story
from tests.chaos.upgrades import upgrade
from tests.chaos.waiting_plays import HOUR, AwayOnceItWasPosted, Played
from tests.chaos.weather import Weather
from tests.chaos.world import SECOND_RELEASE

Check = Callable[[], Iterator[list[str]]]


def chaos() -> Iterator[list[str]]:
    """Everything, with many faults."""
    for seed in (1, 2):
        yield harms(Run(200, seed, 0.33).verdict())


def already_there() -> Iterator[list[str]]:
    """The wanted appointment stands before anything is posted."""
    yield harms(Run(60, 1, 0.33, told={story_book.already_there: 1.0}).verdict())


def near_one_another() -> Iterator[list[str]]:
    """A patient has appointments near the wanted one."""
    yield harms(Run(60, 1, 0.0, told={story_book.two_near: 1.0}).verdict())


def attended() -> Iterator[list[str]]:
    """Clinicea moves every start, so that all is parked in doubt, and a person redrives and resolves it."""
    told: Mapping[Story, float] = {story_book.known: 1.0}
    yield harms(Run(40, 2, 0.0, told=told, habits={"round_starts": 45}, attended=True).verdict())


def attended_twice() -> Iterator[list[str]]:
    """Clinicea moves every start, two calls want one appointment, and a person redrives and resolves."""
    told: Mapping[Story, float] = {story_book.two_calls: 1.0}
    yield harms(Run(60, 1, 0.0, told=told, habits={"round_starts": 45}, attended=True).verdict())


def moved_twice() -> Iterator[list[str]]:
    """Clinicea moves every start, two calls want one appointment, and nobody attends to what is parked."""
    told: Mapping[Story, float] = {story_book.two_calls: 1.0}
    yield harms(Run(40, 2, 0.0, told=told, habits={"round_starts": 45}, parameters=PROVEN).verdict())


def newcomers() -> Iterator[list[str]]:
    """Two calls at once for each of some newcomers."""
    for seed in (2, 3):
        yield harms(Run(100, seed, 0.33, told={story_book.newcomer_older: 1.0}).verdict())


def relatives() -> Iterator[list[str]]:
    """The number is registered to another member of the family."""
    yield harms(Run(40, 1, 0.0, told={story_book.registered_to_other: 1.0}).verdict())


def namesakes() -> Iterator[list[str]]:
    """The number is registered to somebody of the same name, born on another day."""
    yield harms(Run(20, 1, 0.0, told={stories.namesake: 1.0}).verdict())


def children() -> Iterator[list[str]]:
    """Two children of one number, on one call and at one time."""
    yield harms(Run(20, 1, 0.0, told={stories.two_children: 1.0}).verdict())


def two_slots() -> Iterator[list[str]]:
    """One newcomer, two appointments, on one call or on two."""
    yield harms(Run(20, 1, 0.0, told={stories.two_wishes: 1.0}).verdict())


def repeats() -> Iterator[list[str]]:
    """Nothing fails, but a callback comes again when what stood in its way is gone."""
    yield harms(Run(60, 1, 0.0, told={story_book.slot_freed: 1.0}).verdict())


class Stormy(Weather):
    """AWS fails as often as Clinicea, and more."""

    def aws_share(self) -> float:
        return self.share(1.5)


def bad_intake() -> Iterator[list[str]]:
    """AWS fails so often that many callbacks are answered badly."""
    for seed in (2, 3):
        run = Run(120, seed, 0.33, told={story_book.known: 1.0})
        world = run.world
        world.weather = Stormy(0.33, world.weather.fair_from, world.scheduler, world.chance("storms"))
        yield harms(run.verdict())


def one_after_the_other() -> Iterator[list[str]]:
    """A worker freezes at any step, and another takes its message."""
    for outcome in ("success", "timeout after", "late commit"):
        for step in range(1, play("known patient", outcome, "freeze", canary="off")[1].steps + 1):
            yield harms(play("known patient", outcome, "freeze", step, canary="off")[0])


def workers_on_one_booking() -> Iterator[list[str]]:
    """A worker freezes at any step; and all interleavings of two and of three workers."""
    yield from one_after_the_other()
    for name, make in PLAYS.items():
        if name.startswith("one booking"):
            yield [f"interleaved: {each}" for each in explore(make).harms]


def changed_minds() -> Iterator[list[str]]:
    """Agents record another slot while a worker may be at the first."""
    yield harms(Run(150, 1, 0.0, told={changed: 1.0}, parameters=PROVEN).verdict())
    for step in range(1, play("changed while it waits", "success", "freeze", canary="off")[1].steps + 1):
        yield harms(play("changed while it waits", "success", "freeze", step, canary="off")[0])


def transferred_calls() -> Iterator[list[str]]:
    """A call is given to another agent, whose status callback comes beside the first one's."""
    for seed in (1, 2):
        yield harms(Run(80, seed, 0.0, told={transferred: 1.0}).verdict())


def crowded_numbers() -> Iterator[list[str]]:
    """Patients of whom more is wanted at once than a number may have open."""
    told: Mapping[Story, float] = {stories.many_of_one_number: 1.0}
    yield harms(Run(120, 1, 0.0, told=told, mix=Mix(also=frozenset({OPEN_BOOKINGS}))).verdict())


def changed_late() -> Iterator[list[str]]:
    """Agents record another slot once the first stands."""
    yield harms(play("changed once it stands", "success", "death", canary="off")[0])
    yield harms(Run(60, 1, 0.33, told={changed: 1.0}).verdict())


def overtaken() -> Iterator[list[str]]:
    """Corrections that overtake what they correct."""
    yield harms(Run(60, 1, 0.0, told={out_of_order: 1.0}).verdict())


def newcomers_return() -> Iterator[list[str]]:
    """Newcomers take another slot, and the first one after all; some before a worker has claimed anything."""
    yield harms(Run(40, 1, 0.0, told={newcomer_returned: 1.0}, parameters=PROVEN).verdict())
    for seed in (1, 2, 3):
        yield Scene(newcomer_returned, away_until=60.0, seed=seed).played()


def two_releases() -> Iterator[list[str]]:
    """The later release is deployed, rolled back and deployed again."""
    yield harms(Run(40, 2, 0.33, mix=Mix(also=frozenset({SECOND_RELEASE}))).verdict())


def off_by_a_zone() -> Iterator[list[str]]:
    """Every start is off by a zone: only the canary may be posted, anew after each word of the person on call."""
    for minutes in (330, 60):
        run = Run(12, 3, 0.0, habits={"shift_zones": minutes})
        verdict = run.verdict()
        most = run.on_call.asked + 1
        yield harms(verdict)
        yield [f"stray: {verdict.posts} were posted off by a zone, {most} at the most"] if verdict.posts > most else []


def upgraded() -> Iterator[list[str]]:
    """The queue of the release before is deleted with all its messages, once a day's first bookings were accepted."""
    yield harms(upgrade(1, 0.0))


def same_soon() -> Iterator[list[str]]:
    """Two calls want the same appointment, soon; the first was posted, and nothing can be read for hours."""
    yield harms(Played(waiting_stories.same_soon, 1, AwayOnceItWasPosted).until(5 * HOUR))


def notices_away() -> Iterator[list[str]]:
    """The topic is away when a booking is refused."""
    yield harms(sweep("untold")[0])


def _interleaved(make: Callable[[], Play]) -> Check:
    def check() -> Iterator[list[str]]:
        yield [f"interleaved: {each}" for each in explore(make).harms]

    return check


CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        chaos,
        already_there,
        near_one_another,
        attended,
        attended_twice,
        moved_twice,
        newcomers,
        relatives,
        namesakes,
        children,
        two_slots,
        repeats,
        bad_intake,
        workers_on_one_booking,
        changed_minds,
        changed_late,
        transferred_calls,
        crowded_numbers,
        overtaken,
        newcomers_return,
        two_releases,
        off_by_a_zone,
        upgraded,
        same_soon,
        notices_away,
        *LOOKS_AND_ANSWERS,
        *WAITS,
        *OF_THE_DESK,
    )
} | {f"play: {name}": _interleaved(make) for name, make in PLAYS.items()}
