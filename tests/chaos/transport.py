"""The way between the product and the fake Clinicea: the client's transport, without a socket and in virtual time."""

from __future__ import annotations

from random import Random

from convox_clinicea.clinicea.wire import NoAnswer, WireAnswer, WireRequest
from convox_clinicea.deadline import Deadline
from local.clinicea import Answer, Request
from local.clinicea.messages import Delay, Drip, Hold, Reset
from tests.chaos.clinicea import SimulatedClinicea, tag_of
from tests.chaos.clinicea_faults import Hit, Troubles
from tests.chaos.scheduler import Process, Scheduler


class SimulatedTransport:
    """Carries one request as a socket would.

    Once a request has left it arrives, whatever becomes of its sender: killed, frozen or tired of waiting.
    """

    def __init__(self, clinicea: SimulatedClinicea, scheduler: Scheduler, troubles: Troubles, chance: Random) -> None:
        self._clinicea = clinicea
        self._scheduler = scheduler
        self._troubles = troubles
        self._chance = chance

    def send(self, request: WireRequest, deadline: Deadline) -> WireAnswer:
        process = self._scheduler.current
        if process is None:
            raise RuntimeError("nobody sends outside a process")
        hit = self._troubles.draw(request.call, tag_of(request.query.get("Notes", "")))
        label = f"clinicea.{request.call}"
        if hit.unreachable:
            self._wait(process, f"{label} connects", hit.unreachable, deadline)
            self._scheduler.trace.note(self._scheduler.now, process.name, f"{label} never left")
            raise NoAnswer(left=False, timed_out=deadline.expired)
        process.step(f"{label} connects", self._chance.uniform(0.005, 0.08))
        if deadline.expired:
            raise NoAnswer(left=False, timed_out=True)
        arrived: list[Answer] = []
        transit = self._chance.uniform(0.005, 0.1) + hit.transit
        self._scheduler.after(transit, lambda: arrived.append(self._deliver(process.name, request, hit)))
        self._wait(process, f"{label} >", transit + 0.001, deadline)
        if not arrived:
            raise NoAnswer(left=True, timed_out=True)
        return self._returned(process, label, arrived[0], deadline)

    def _deliver(self, sender: str, request: WireRequest, hit: Hit) -> Answer:
        target = request.target
        headers = {**request.headers, "content-type": "application/json"}
        body = request.body or b""
        with self._troubles.applied(hit):
            answer = self._clinicea.handle(Request.to(request.verb, target, headers, body))
        tag = tag_of(request.query.get("Notes", ""))
        if tag is not None:
            self._clinicea.asked.add(tag)
        what = f"{request.call} tag {tag} {'lost' if answer.lost else answer.status} {hit.name}"
        self._scheduler.trace.note(self._scheduler.now, f"clinicea < {sender}", what)
        return answer

    def _returned(self, process: Process, label: str, answer: Answer, deadline: Deadline) -> WireAnswer:
        match answer.effect:
            case Hold(seconds) | Delay(seconds):
                taken = seconds
            case Drip(seconds):
                taken = seconds * len(answer.body)
            case _:
                taken = 0.0
        self._wait(process, f"{label} <", taken + self._chance.uniform(0.005, 0.1), deadline)
        if deadline.expired:
            raise NoAnswer(left=True, timed_out=True)
        if isinstance(answer.effect, Hold | Reset):
            raise NoAnswer(left=True, timed_out=False)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return WireAnswer(answer.status, answer.content_type or "", answer.body, headers.get("retry-after"))

    def _wait(self, process: Process, label: str, seconds: float, deadline: Deadline) -> None:
        process.step(label, min(seconds, deadline.remaining() + 0.001))
