"""Stories of one patient's several bookings, each played in fair weather but for what the first one meets."""

from __future__ import annotations

from collections.abc import Callable

from tests.chaos.callers import Callers
from tests.chaos.clinicea_faults import Hit
from tests.chaos.clock import moment
from tests.chaos.crashes import OUTCOMES, FirstPost, Outage
from tests.chaos.intent import Intent
from tests.chaos.judge import Judge, Verdict
from tests.chaos.story_book import Story, one
from tests.chaos.waits import Waits
from tests.chaos.world import World

HOUR = 3600.0


class Played:
    """One story, and how its bookings stand at its end."""

    def __init__(self, story: Story, seed: int, troubles: Callable[[World], FirstPost], **parameters: object) -> None:
        self.world = World(seed, 0.0, 0.0, parameters=parameters)
        self.world.troubles = troubles(self.world)
        self.intents = one(self.world, story)
        self.waits = Waits(self.world, self.intents)
        self.states: dict[int, tuple[str, str | None]] = {}

    def until(self, seconds: float) -> Verdict:
        with self.world as world:
            Callers(world, self.intents)
            while world.scheduler.now < seconds:
                world.let_pass(60.0)
            world.clinicea.advance()
            self.states = {each.tag: self._state(each) for each in self.intents}
            return Judge(world, self.intents, starved=self.waits.starved).verdict()

    def minutes(self, intent: Intent) -> float:
        """Return how many minutes after its callback the intent's appointment was made."""
        (made,) = Judge(self.world, self.intents).made_for(intent)
        return (made.created_at - moment(intent.calls[0].at)).total_seconds() / 60

    def _state(self, intent: Intent) -> tuple[str, str | None]:
        (booking_id,) = intent.booking_ids
        body = self.world.status(booking_id)[1]
        return body["state"], body["reason"]


def rounded(world: World) -> FirstPost:
    """Clinicea moves the first start by minutes, as no zone does, so that its booking waits for a person."""
    return FirstPost(world, lambda _chance: Hit("moved start", switches={"shift_zones": 10}))


class AwayOnceItWasPosted(FirstPost):
    """The first POST times out, done or not; nothing can be read for hours after it."""

    def __init__(self, world: World) -> None:
        super().__init__(world, OUTCOMES["timeout after"])
        self._outage = Outage(world, 4.5 * HOUR)

    def draw(self, call: str, tag: int | None = None) -> Hit:
        return self._outage.draw(call, tag) if self._outcome is None else super().draw(call, tag)
