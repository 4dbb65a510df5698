"""The person on call: when posting was stopped for a canary, they find one odd request, and ask for a new canary."""

from __future__ import annotations

from tests.chaos.world import World

BETWEEN_LOOKS = 600.0


class OnCall:
    """Looks every now and then; what they do stands for a deployment with another `Canary`.

    Attributes:
        asked: how often they asked for a new canary.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.asked = 0
        world.scheduler.after(BETWEEN_LOOKS, self._look)

    def _look(self) -> None:
        self._world.scheduler.after(BETWEEN_LOOKS, self._look)
        for table in self._world.tables:
            stopped = [key for key, item in table.items.items() if "stopped" in item]
            for key in stopped:
                table.write(self._world.clock.seconds(), key, None)
                self.asked += 1
