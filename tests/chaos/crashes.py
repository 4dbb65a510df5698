"""One booking, one outcome of its POST, and one accident: at every step there is, found by counting them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from convox_clinicea.bookings.protocol import ProtocolTimings
from tests.chaos import status_stories, story_book
from tests.chaos.callers import Callers
from tests.chaos.clinicea import POSTS
from tests.chaos.clinicea_faults import LATEST_COMMIT, Draw, Hit, Troubles, rule
from tests.chaos.judge import Judge, Verdict
from tests.chaos.queue import Queue
from tests.chaos.scheduler import Killed, Process
from tests.chaos.story_book import Story
from tests.chaos.world import World

LONGEST = 4 * 3600.0
"""By then a booking without further trouble has ended or is parked."""
STUCK_SECONDS = ProtocolTimings().stuck.total_seconds()
AFTERWARDS = 240.0
"""What may still come once it has: late commits, messages that are delivered again."""

_late = {"seconds": LATEST_COMMIT}
OUTCOMES: dict[str, Draw] = {
    "success": lambda _chance: Hit(),
    "slow": rule("slow", "delay", seconds=6.0),
    "never left": lambda _chance: Hit("never left", unreachable=0.5),
    "timeout before": rule("timeout before", "timeout_before", seconds=60.0),
    "timeout after": rule("timeout after", "timeout_after", seconds=60.0),
    "reset before": rule("reset before", "reset_before"),
    "reset after": rule("reset after", "reset_after"),
    "500 before": rule("500 before", "status", status=500),
    "500 after": rule("500 after", "status", status=500, after_work=True),
    "html before": rule("html before", "html"),
    "html after": rule("html after", "html", after_work=True),
    "400 though done": rule("400 though done", "status", status=400, body="Get Operation Failed", after_work=True),
    "late commit": rule("late commit", "late_commit", **_late),
    "late commit after a reset": rule("late commit", "late_commit", reset=True, **_late),
    "429": rule("429", "status", status=429, headers={"Retry-After": "2"}),
    "401": rule("401", "status", status=401),
    "rounded start": lambda _chance: Hit("rounded start", switches={"round_starts": 60}),
    "patient made, slot refused": lambda _chance: Hit(
        "patient made, slot refused", switches={"create_patient_then_refuse_slot": True}
    ),
}
"""What may become of the first POST."""
SWEEPER = "sweeper"
FLOWS: dict[str, Story] = {
    "known patient": story_book.known,
    "new patient": story_book.newcomer,
    "slot taken": story_book.slot_taken,
    "new patient, slot taken": story_book.newcomer_taken,
    "already there": story_book.already_there,
    "end of a call": status_stories.ended,
    "changed while it waits": status_stories.changed_while_it_waits,
    "changed once it stands": status_stories.changed_once_it_stands,
}


class Accident(ABC):
    """Lets something happen at certain steps: there is one after every side effect, but of scheduled functions.

    Attributes:
        steps: how many such steps there were.
    """

    def __init__(self, at: Collection[int], scheduled: frozenset[str]) -> None:
        self._at = at
        self._scheduled = scheduled
        self.steps = 0
        self.happened_at = ""

    def at_step(self, process: Process, label: str) -> float:
        function = process.name.rpartition("-")[0]
        if not self.counts(function, label):
            return 0.0
        self.steps += 1
        if self.steps not in self._at:
            return 0.0
        self.happened_at += f"{process.name} {label}; "
        return self.happens(function, label)

    def counts(self, function: str, label: str) -> bool:
        """Whether this step is one at which something may happen."""
        return function not in self._scheduled and not _nothing_happened_before(label)

    @abstractmethod
    def happens(self, function: str, label: str) -> float:
        """Let it happen; returns the seconds that the process stands still."""


def _nothing_happened_before(label: str) -> bool:
    """Whether this step differs from the one before it in no side effect: a request that is only about to leave."""
    return label.endswith("connects") or (label.endswith(" >") and not label.startswith("clinicea."))


class Death(Accident):
    """The process dies."""

    def happens(self, _function: str, label: str) -> float:
        raise Killed(label)


class Freeze(Accident):
    """The process freezes, messages' visibility ends, and another worker takes them up; then it goes on."""

    SHARE = 0.8
    """Of the function's time-out: longer, and it would not go on."""

    def __init__(self, at: Collection[int], scheduled: frozenset[str], world: World) -> None:
        super().__init__(at, scheduled)
        self._queues = world.queues.values()
        self._functions = world.stack.functions

    def happens(self, function: str, _label: str) -> float:
        for queue in self._queues:
            queue.reappear()
        return self.SHARE * self._functions[function].timeout_seconds


class SweeperDeath(Death):
    """The sweeper dies, idle as it is most of the time: after what it has changed, and after it found a dead letter."""

    def __init__(self, at: Collection[int], scheduled: frozenset[str], dead_letters: Queue) -> None:
        super().__init__(at, scheduled)
        self._dead_letters = dead_letters

    def counts(self, function: str, label: str) -> bool:
        if function != SWEEPER or not label.endswith(" <"):
            return False
        if label.endswith(".receive_message <"):
            return not self._dead_letters.empty
        return not label.endswith((".query <", ".get_item <"))


class FirstPost(Troubles):
    """Only the first POST goes wrong."""

    def __init__(self, world: World, outcome: Draw) -> None:
        super().__init__(world.clinicea, world.weather, world.chance("outcome"))
        self._outcome: Hit | None = outcome(self._chance)

    def draw(self, call: str, tag: int | None = None) -> Hit:
        del tag
        if call not in POSTS or self._outcome is None:
            return Hit()
        hit, self._outcome = self._outcome, None
        return hit


class Outage(Troubles):
    """Clinicea answers nothing useful before that moment."""

    def __init__(self, world: World, until: float) -> None:
        super().__init__(world.clinicea, world.weather, world.chance("outage"))
        self._scheduler = world.scheduler
        self._until = until

    def draw(self, call: str, tag: int | None = None) -> Hit:
        del call, tag
        return rule("503", "status", status=503)(self._chance) if self._scheduler.now < self._until else Hit()


def play(
    flow: str, outcome: str, accident: Literal["death", "freeze"], *at: int, canary: str = "on"
) -> tuple[Verdict, Accident]:
    """Play one booking to its end, with accidents at those steps.

    Args:
        canary: `off` where the setup is to count as proven, so that the booking is one like any other.
    """
    world = World(1, 0.0, 0.0, parameters={"Canary": canary})
    scheduled = frozenset(each.name for each in world.stack.functions.values() if each.schedules)
    fates = Death(at, scheduled) if accident == "death" else Freeze(at, scheduled, world)
    world.runtime.fates = fates
    world.troubles = FirstPost(world, OUTCOMES[outcome])
    intents = story_book.one(world, FLOWS[flow])
    with world:
        callers = Callers(world, intents)
        while world.scheduler.now < LONGEST:
            world.let_pass(60.0)
            if not callers.waiting and not world.busy and Judge(world, intents).all_ended():
                break
        world.let_pass(AFTERWARDS)
        world.clinicea.advance()
        return Judge(world, intents).verdict(), fates


@dataclass(frozen=True)
class Leftover:
    """What the sweeper has to pick up, and how it comes about in the world."""

    story: Story
    happens: Callable[[World], None]


def _clinicea_away(world: World) -> None:
    world.troubles = Outage(world, STUCK_SECONDS + 180.0)


def _dead_letter(world: World) -> None:
    _clinicea_away(world)
    (queue,) = (queue for queue in world.queues.values() if queue.dead_letters is not None)
    world.scheduler.at(600.0, queue.wear_out_all)


def _untold(world: World) -> None:
    world.sns.away = True
    world.scheduler.at(600.0, lambda: setattr(world.sns, "away", False))


LEFTOVERS = {
    "stuck": Leftover(story_book.known, _clinicea_away),
    "dead letter": Leftover(story_book.newcomer, _dead_letter),
    "untold": Leftover(story_book.slot_taken, _untold),
}


def sweep(leftover: str, *at: int) -> tuple[Verdict, Accident]:
    """Play one booking that the sweeper has to pick up; the sweeper dies at those steps."""
    world = World(1, 0.0, 0.0)
    scheduled = frozenset(each.name for each in world.stack.functions.values() if each.schedules)
    (dead_letters,) = (queue.dead_letters for queue in world.queues.values() if queue.dead_letters is not None)
    fates = SweeperDeath(at, scheduled, dead_letters)
    world.runtime.fates = fates
    LEFTOVERS[leftover].happens(world)
    intents = story_book.one(world, LEFTOVERS[leftover].story)
    with world:
        Callers(world, intents)
        world.let_pass(2 * STUCK_SECONDS + 600.0)
        return Judge(world, intents).verdict(), fates
