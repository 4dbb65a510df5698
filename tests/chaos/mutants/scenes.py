"""One story in a world where everything is planned: the fate of each call to Clinicea, freezes, and a person's word."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from tests.chaos.callers import Callers
from tests.chaos.clinicea import POSTS
from tests.chaos.clinicea_faults import Draw, Hit, Troubles, rule
from tests.chaos.intent import Intent
from tests.chaos.judge import Judge, Verdict
from tests.chaos.scheduler import Process
from tests.chaos.story_book import Story, one
from tests.chaos.world import World

LONGEST = 4 * 3600.0
AFTERWARDS = 240.0
PROVEN: Mapping[str, object] = {"Canary": "off"}
"""Every setup counts as proven, so that a booking is one like any other."""
Event = Callable[[World, list[Intent]], None]


class Planned(Troubles):
    """Each call to Clinicea has its planned fate, the first calls of a name in order; the others succeed.

    Args:
        plan: what becomes of the calls of a name; `POST` stands for both calls that book.
        until: Clinicea answers nothing useful before that second.
    """

    def __init__(self, world: World, plan: Mapping[str, Sequence[Draw]], until: float) -> None:
        super().__init__(world.clinicea, world.weather, world.chance("plan"))
        self._plan = {call: [*draws] for call, draws in plan.items()}
        self._scheduler = world.scheduler
        self.until = until

    def draw(self, call: str, tag: int | None = None) -> Hit:
        del tag
        if self._scheduler.now < self.until:
            return rule("503", "status", status=503)(self._chance)
        left = self._plan.get("POST" if call in POSTS else call, [])
        return left.pop(0)(self._chance) if left else Hit()


@dataclass
class FreezeOnce:
    """A function, a worker by default, freezes once, at the first step of that label after that second.

    Attributes:
        label: the beginning of the step's label.
    """

    label: str
    after: float
    seconds: float
    function: str = "booking_worker"
    done: bool = field(default=False, init=False)

    def of(self, world: World) -> FreezeOnce:
        self._scheduler = world.scheduler
        return self

    def at_step(self, process: Process, label: str) -> float:
        at_it = process.name.startswith(self.function) and label.startswith(self.label)
        if self.done or not at_it or self._scheduler.now < self.after:
            return 0.0
        self.done = True
        return self.seconds


@dataclass(frozen=True)
class Scene:
    """One story, and all that happens in it.

    Attributes:
        plan: the fates of the calls to Clinicea, by the call's name or `POST`.
        away_until: Clinicea answers nothing useful before that second.
        at: what else happens, by the second.
        ends: whether the scene is over once every booking has ended or is parked.
        by_itself: nothing in it needs a person, so that a booking that was parked is a harm.
    """

    story: Story
    plan: Mapping[str, Sequence[Draw]] = field(default_factory=dict)
    away_until: float = 0.0
    habits: Mapping[str, object] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=lambda: PROVEN)
    freeze: FreezeOnce | None = None
    at: Mapping[float, Event] = field(default_factory=dict)
    longest: float = LONGEST
    ends: bool = True
    by_itself: bool = False
    seed: int = 1

    def played(self, *also: Callable[[World, list[Intent]], list[str]]) -> list[str]:
        """Play it and return the harm; `also` looks for more."""
        world = World(self.seed, 0.0, 0.0, habits=self.habits, parameters=self.parameters)
        world.troubles = Planned(world, self.plan, self.away_until)
        if self.freeze is not None:
            world.runtime.fates = self.freeze.of(world)
        intents = one(world, self.story)
        for second, event in self.at.items():
            world.scheduler.at(second, partial(event, world, intents))
        last = max(self.at, default=0.0)
        with world:
            callers = Callers(world, intents)
            while world.scheduler.now < self.longest:
                world.let_pass(30.0)
                over = not callers.waiting and not world.busy and world.scheduler.now > last
                if self.ends and over and Judge(world, intents).all_ended():
                    break
            world.let_pass(AFTERWARDS)
            world.clinicea.advance()
            verdict = Judge(world, intents).verdict()
            parked = verdict.parked if self.by_itself else []
            return [*harms(verdict), *parked, *(each for look in also for each in look(world, intents))]


def harms(verdict: Verdict) -> list[str]:
    """Return all harm of a verdict, and crashes: a mutant that only crashes proves nothing of the safeguard."""
    return [*verdict.evidence, *verdict.untold, *(f"crash: {crash}" for crash in verdict.crashes)]


def redelivered(world: World, _intents: list[Intent]) -> None:
    """SQS delivers again what it has delivered."""
    for queue in world.queues.values():
        queue.reappear()
