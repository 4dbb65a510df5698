"""One run: a world, its stories, until nothing moves any more; then the verdict."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, TextIO

from tests.chaos import night
from tests.chaos.agents import Agents
from tests.chaos.attendant import Attendant
from tests.chaos.callers import Callers
from tests.chaos.deployments import TwoReleases, Window, WithoutReadBacks
from tests.chaos.desk_stories import DESK_STORIES, DeskStory, tell_desk
from tests.chaos.judge import Judge, Verdict
from tests.chaos.judge_desk import adopt_from_desk
from tests.chaos.judge_traces import adopt
from tests.chaos.lookups import Lookups
from tests.chaos.mix import DESK, Mix
from tests.chaos.on_call import OnCall
from tests.chaos.restores import Restored
from tests.chaos.story_book import STORIES, Story, tell
from tests.chaos.waits import Waits
from tests.chaos.world import World

SECONDS_A_BOOKING = 2.0
"""The mean time between two bookings."""
BAD_AFTERWARDS = 1800.0
"""For how long things go on going wrong after the last booking's first callback."""
LONGEST = 3 * 86_400.0
QUIET = 5400.0
"""How long nothing may have been written before a run counts as settled: schedules may still find something to do."""
UNREAD = 0.03
"""The share of a run in which the role does not permit the read-backs."""
RESTORED = 0.5
"""The share of a run after which the backup is made that a restore brings back."""
BEYOND = 100
"""Between the tags of a run's bookings and those of the desk: the last story may have planned a few too many."""
SLICE = 30.0
"""Virtual seconds between two looks at whether everything is over."""

AT_THE_DESK = 0.3
"""The wishes at the desk that a run with a desk has besides its bookings, as a share of these."""

Progress = Callable[[World, Callers], None]


@dataclass(frozen=True)
class DeskDay:
    """What is agreed at the desk in a run: so many wishes, of these stories."""

    wishes: int
    told: Mapping[DeskStory, float]


class Run:
    """Plays `bookings` intents from one seed.

    Args:
        faults: the share of Clinicea calls that are hit.
        told: which stories, and how often each.
        habits: ways of Clinicea's that are not left to the seed.
        parameters: the template's, where they are to be others.
        attended: whether somebody attends to parked bookings meanwhile.
        trace: where to write every event.
        metrics: where to write what the functions count; then agents look callers up, too.
        mix: what can go wrong; everything by default.
        reconciled: whether the ledger is compared with the calendar at the end.
        desk: what is agreed at the desk, where that is not left to the mix.

    Attributes:
        findings: what that comparison found.
        states: how each booking then stood.
    """

    def __init__(
        self,
        bookings: int,
        seed: int,
        faults: float,
        *,
        told: Mapping[Story, float] = STORIES,
        habits: Mapping[str, object] | None = None,
        parameters: Mapping[str, object] | None = None,
        attended: bool = False,
        trace: TextIO | None = None,
        metrics: TextIO | None = None,
        mix: Mix | None = None,
        reconciled: bool = False,
        desk: DeskDay | None = None,
    ) -> None:
        self._reconciled = reconciled
        mix = mix or Mix()
        if desk is not None:
            mix = Mix(mix.without, frozenset({*mix.also, DESK}))
        elif mix.has(DESK):
            desk = DeskDay(ceil(bookings * AT_THE_DESK), DESK_STORIES)
        self.findings: list[dict[str, Any]] = []
        self.states: dict[str, str] = {}
        span = max(60.0, (bookings or (desk.wishes if desk else 0)) * SECONDS_A_BOOKING)
        self.world = World(
            seed,
            faults,
            span + BAD_AFTERWARDS,
            habits=habits,
            parameters=parameters,
            trace=trace,
            metrics=metrics,
            mix=mix,
        )
        if metrics is not None:
            Lookups(self.world, span + BAD_AFTERWARDS)
        self.unread: Window | None = None
        if faults and self.world.mix.has("without_read_backs"):
            begins = span * self.world.chance("read-backs").uniform(0.1, 0.8)
            self.unread = Window(begins, begins + span * UNREAD)
            WithoutReadBacks(self.unread, self.world.clinicea, self.world.runtime, self.world.scheduler)
        if len(self.world.releases) > 1:
            world, later = self.world, self.world.releases[-1]
            functions, chance = world.stack.functions, world.chance("deployments")
            TwoReleases(later, span, functions, world.runtime, world.scheduler, chance)
        restores = faults and self.world.mix.has("restore")
        self.restored = Restored(self.world, span * RESTORED) if restores else None
        self.intents = tell(self.world, bookings, span, told)
        self.agents: Agents | None = None
        if desk is not None:
            at_desk = tell_desk(self.world, desk.wishes, span, desk.told, first_tag=bookings + BEYOND)
            self.intents += at_desk.intents
            self.agents = Agents(self.world, at_desk.intents, at_desk.lines)
        self.on_call = OnCall(self.world)
        self.waits = Waits(self.world, self.intents)
        self.attendant = Attendant(self.world, self.intents) if attended else None

    def verdict(self, progress: Progress = lambda _world, _callers: None) -> Verdict:
        """Play it to its end and judge it."""
        with self.world as world:
            callers = Callers(world, self.intents, self.agents)
            self._settle(world, callers, progress)
            world.clinicea.advance()
            adopt_from_desk(world, self.intents)
            adopt(world, self.intents)
            if self._reconciled:
                self.findings = night.findings(world)
                self.states = {
                    each: world.status(each)[1]["state"] for intent in self.intents for each in intent.booking_ids
                }
            shown = self.agents.shown if self.agents else lambda _intent: ()
            verdict = Judge(world, self.intents, self.unread, self.waits.starved, shown).verdict()
            for key in (key for table in world.tables for key in table.overwritten):
                verdict.overwritten += 1
                verdict.evidence.append(f"overwritten: {key} of a later release, by an earlier one")
            verdict.crowded = len(world.places.crowded)
            verdict.evidence += [f"crowded: {each} is one too many of its number" for each in world.places.crowded]
            if self.restored:
                verdict.brought_back = len(self.restored.brought_back())
                verdict.evidence += [f"brought_back: {each} was erased" for each in self.restored.brought_back()]
                if anew := self.restored.taken_anew():
                    verdict.undecidable["asked for again while its tombstone was gone"] = anew
            return verdict

    def _settle(self, world: World, callers: Callers, progress: Progress) -> None:
        scheduler = world.scheduler
        writes, since = -1, 0.0
        quiet = QUIET if world.schedules else 0.0
        while scheduler.now < LONGEST:
            world.let_pass(SLICE)
            if world.writes != writes or callers.waiting or world.busy:
                writes, since = world.writes, scheduler.now
            if scheduler.now - since >= quiet and not (callers.waiting or world.busy):
                return
            progress(world, callers)


def reporting(every: float = 3.0) -> Progress:
    """Return a progress that writes a line to the error output every few seconds."""
    began = last = time.monotonic()

    def report(world: World, callers: Callers) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < every:
            return
        last = now
        messages = sum(len(queue) for queue in world.queues.values())
        sys.stderr.write(
            f"{now - began:6.0f} s  hour {world.scheduler.now / 3600:6.2f}  callbacks to come {callers.waiting:6}  "
            f"appointments {len(world.clinicea.calendar.appointments):6}  "
            f"messages {messages:5}  events {world.scheduler.trace.events:8}\n"
        )
        sys.stderr.flush()

    return report
