"""ConVox: sends callbacks through API Gateway, and sends again what was not answered well."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from tests.chaos.clock import EPOCH
from tests.chaos.intent import Call, Intent
from tests.chaos.world import World

TRIES = 4


class Callers:
    """Plays the intents' callbacks and notes the answers."""

    def __init__(self, world: World, intents: list[Intent]) -> None:
        self._world = world
        self._chance: Random = world.chance("callers")
        self.waiting = 0
        for intent in intents:
            for call in intent.calls:
                self.waiting += 1
                world.scheduler.at(call.at, _sending(self, intent, call))

    def send(self, intent: Intent, call: Call, tried: int) -> None:
        epoch_ms = int((EPOCH + self._world.scheduler.now) * 1000)
        event = intent.event(call, epoch_ms)
        intent.sends(call, self._world.scheduler.now)
        self._world.runtime.invoke(
            intent.function(call), event, lambda result, failure: self._answered(intent, call, tried, result, failure)
        )

    def _answered(self, intent: Intent, call: Call, tried: int, result: Any, failure: BaseException | None) -> None:
        # What Lambda does not answer, API Gateway answers.
        status = 502 if failure is not None else int(result["statusCode"])
        intent.answers.append(status)
        self._world.scheduler.trace.note(self._world.scheduler.now, f"convox {intent.tag}", f"gets {status}")
        if status in (200, 202):
            intent.hears(call, json.loads(result["body"]), self._world.scheduler.now)
        elif status >= 500 and tried < TRIES:
            pause = self._chance.uniform(1.0, 30.0)
            self._world.scheduler.after(pause, lambda: self.send(intent, call, tried + 1))
            return
        self.waiting -= 1


def _sending(callers: Callers, intent: Intent, call: Call) -> Any:
    return lambda: callers.send(intent, call, 1)
