"""ConVox: shows pop-ups, sends callbacks through API Gateway, and may or may not send again what failed."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from tests.chaos.agents import Agents
from tests.chaos.clock import EPOCH
from tests.chaos.intent import Call, Intent
from tests.chaos.lookups import NOBODY, event_of
from tests.chaos.world import World

TRIES = 4
ONCE = 0.5
"""The share of wishes that ConVox sends once, whatever comes of it, where anything goes wrong at all."""
ANSWER_LOST = 0.04
"""The share of answers of ours that do not get through, of the share of Clinicea calls: API Gateway gave up first."""
NEVER_ARRIVES = 0.04
"""The share of status callbacks that never reach us, where the call began with a pop-up; likewise of that share."""
ANNOUNCED = 0.25
"""The share of calls with a status callback that begin with a pop-up here; in operation all of them do."""
RINGS_BEFORE = (5.0, 60.0)
TAKEN = (200, 202)
NO_ANSWER, GATEWAY_TIME_OUT, BAD_GATEWAY = 0, 504, 502


class Callers:
    """Plays the intents' callbacks and notes the answers.

    Args:
        agents: do what an intent has for the desk.
    """

    def __init__(self, world: World, intents: list[Intent], agents: Agents | None = None) -> None:
        self._world = world
        self._agents = agents
        self._chance: Random = world.chance("callers")
        bad = world.weather.share() > 0
        once = ONCE if bad and world.mix.has("once") else 0.0
        announced = ANNOUNCED if bad and world.mix.has("announced") else 0.0
        # Of several wishes of one person nobody could say which is the last, if one of them was never taken.
        drawn = [intent for intent in intents if self._chance.random() < once]
        self._once = {intent.tag for intent in drawn if intent.mind is None}
        self.waiting = 0
        for intent in intents:
            alone = intent.mind is None  # a pop-up that comes after a call's end does not open it again
            if intent.calls[0].by_status and alone and self._chance.random() < announced:
                self._announce(intent)
            for call in intent.calls:
                self.waiting += 1
                world.scheduler.at(call.at, _sending(self, intent, call))

    def send(self, intent: Intent, call: Call, tried: int) -> None:
        scheduler = self._world.scheduler
        if call.at_desk:
            assert self._agents is not None
            self._agents.play(intent, call, self._done)
            return
        if call.by_status and intent.announced and self._happens("never_arrives", NEVER_ARRIVES):
            scheduler.trace.note(scheduler.now, f"convox {intent.tag}", "does not get through")
            self._answered(intent, call, tried, NO_ANSWER, {})
            return
        event = intent.event(call, int((EPOCH + scheduler.now) * 1000))
        intent.sends(call, scheduler.now)
        process = self._world.runtime.invoke(
            intent.function(call),
            event,
            lambda result, failure: self._ended(intent, call, tried, process.name, result, failure),
        )

    def _ended(
        self, intent: Intent, call: Call, tried: int, invocation: str, result: Any, failure: BaseException | None
    ) -> None:
        # The alarms look at the function's errors, and at what it counts; whether ConVox is answered is another matter.
        if failure is not None or invocation in self._world.counts.alarmed:
            intent.traced.add(call.recorded_at)
        # What Lambda does not answer, API Gateway answers.
        status = BAD_GATEWAY if failure is not None else int(result["statusCode"])
        if status in TAKEN:
            intent.taken.add(call.recorded_at)
        if self._happens("answer_lost", ANSWER_LOST):
            status = GATEWAY_TIME_OUT
        self._answered(intent, call, tried, status, {} if failure is not None else json.loads(result["body"]))

    def _answered(self, intent: Intent, call: Call, tried: int, status: int, body: Any) -> None:
        intent.answers.append(status)
        scheduler = self._world.scheduler
        scheduler.trace.note(scheduler.now, f"convox {intent.tag}", f"gets {status}")
        if status in TAKEN:
            intent.hears(call, body, scheduler.now)
        elif (status >= 500 or status == NO_ANSWER) and tried < (1 if intent.tag in self._once else TRIES):
            pause = self._chance.uniform(1.0, 30.0)
            scheduler.after(pause, lambda: self.send(intent, call, tried + 1))
            return
        self._done()

    def _done(self) -> None:
        self.waiting -= 1

    def _announce(self, intent: Intent) -> None:
        """Show the pop-up of the intent's call before its first callback."""
        intent.announced = True
        at = min(call.at for call in intent.calls) - self._chance.uniform(*RINGS_BEFORE)
        patient = self._world.clinicea.calendar.patients.get(intent.patient_id or "")
        known = NOBODY if patient is None else f"+{patient.country_code}{patient.mobile}"
        mobile = known if intent.person is None else intent.person.number.e164
        said = {"mobile": mobile, "call_id": intent.call_id, "agent_id": intent.calls[0].body["agent_id"]}
        scheduler = self._world.scheduler

        def rings() -> None:
            event = event_of("POST", "/calls/popup", {}, said, scheduler.now)
            self._world.runtime.invoke("call_popup", event, lambda _result, _failure: None)

        scheduler.at(at, rings)

    def _happens(self, name: str, of_faults: float) -> bool:
        share = self._world.weather.share(of_faults) if self._world.mix.has(name) else 0.0
        return share > 0 and self._chance.random() < share


def _sending(callers: Callers, intent: Intent, call: Call) -> Callable[[], None]:
    return lambda: callers.send(intent, call, 1)
