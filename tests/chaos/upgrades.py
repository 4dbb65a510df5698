"""An upgrade while bookings are open: the queue of the release before goes, and with it its messages."""

from __future__ import annotations

from convox_clinicea.bookings.protocol import ProtocolTimings
from convox_clinicea.bookings.record import EARLIER_PATIENT_KEY
from tests.chaos.callers import Callers
from tests.chaos.crashes import Outage
from tests.chaos.judge import Judge, Verdict
from tests.chaos.story_book import STORIES, tell
from tests.chaos.table import Item
from tests.chaos.world import World

BOOKINGS = 60
ACCEPTING = 300.0
"""Seconds in which they are accepted; Clinicea is away, so that all are open when the queue goes."""
UPGRADED = 420.0
"""When the old queue is deleted."""
STUCK_SECONDS = ProtocolTimings().stuck.total_seconds()
LONGEST = 4 * STUCK_SECONDS


def upgrade(seed: int, faults: float) -> Verdict:
    """Play bookings that the release before accepted, and whose messages are gone."""
    world = World(seed, faults, LONGEST)
    weather = world.troubles
    world.troubles = Outage(world, UPGRADED)
    intents = tell(world, BOOKINGS, ACCEPTING, STORIES)

    def upgraded() -> None:
        world.troubles = weather
        _as_the_release_before_wrote(world)
        for queue in world.queues.values():
            queue.vanish()

    world.scheduler.at(UPGRADED, upgraded)
    with world:
        callers = Callers(world, intents)
        while world.scheduler.now < LONGEST:
            world.let_pass(60.0)
        while callers.waiting or world.busy:  # bounded: the weather is fair by now
            world.let_pass(60.0)
        world.clinicea.advance()
        return Judge(world, intents).verdict()


def _as_the_release_before_wrote(world: World) -> None:
    """Leave of each booking what that release knew: the patient's key under its earlier name alone."""
    for table in world.tables:
        for key, item in list(table.items.items()):
            if EARLIER_PATIENT_KEY in item:
                before: Item = {name: value for name, value in item.items() if name != "patient_key"}
                table.write(world.clock.seconds(), key, before)
