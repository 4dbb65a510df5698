"""The simulated call centre: agents, lines, calls, and what ConVox tells the connector of them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from commands.api import Answer, Json, NoAnswer
from local.clinicea.clock import DEFAULT_ZONE
from local.clinicea.sample import PARENT, REGULAR

AGENTS = ("agent-7", "agent-1", "agent-8")
MOST_CALLS = 50
MOST_EVENTS = 30
BOOKED = "Appointment Booked"
DISPOSITIONS = ("Enquiry", BOOKED, "Not Interested", "Call Back", "Wrong Number", "AUTOWRAPUP")


@dataclass(frozen=True)
class Line:
    """A number of the call centre, and the queue that its calls wait in."""

    did: str
    queue: str


LINES = (Line("+918000000001", "Indiranagar"), Line("+912200000002", "Andheri"))


@dataclass(frozen=True)
class Caller:
    """A kind of caller, and the number that such a call is announced with."""

    key: str
    label: str
    number: str


CALLERS = (
    Caller("known", "Call from a known number", f"+91{REGULAR.mobile}"),
    Caller("shared", "Call from a shared number", f"+91{PARENT.mobile}"),
    Caller("unknown", "Call from an unknown number", ""),
    Caller("withheld", "Call from a withheld number", "anonymous"),
)
UNKNOWN_NUMBERS = tuple(f"+9199999000{last}" for last in range(80, 99))
"""Each unknown caller has another one: whoever was booked for is known from then on."""


@dataclass(frozen=True)
class Call:
    """A call that rings or is spoken on; a transfer changes the agent."""

    call_id: str
    number: str
    line: Line
    agent: str
    began_at: datetime
    ended: str | None = None


class Refused(Exception):
    """The simulator does not do what a form asks for; the text says why."""


class Carrier(Protocol):
    """Whatever carries a request to the connector."""

    def call(self, method: str, path: str, body: Json | None = None, query: dict[str, str] | None = None) -> Answer: ...


@dataclass
class Switchboard:
    """The calls of one call centre; each of its methods tells the connector what ConVox would."""

    api: Carrier
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo(DEFAULT_ZONE))
    calls: list[Call] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    _made: int = 0
    _unknown: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ring(self, kind: str, agent: str, queue: str) -> Call:
        """Let a call reach an agent: the pop-up; raises Refused."""
        caller = next((each for each in CALLERS if each.key == kind), None)
        line = next((each for each in LINES if each.queue == queue), None)
        if caller is None or line is None or agent not in AGENTS:
            raise Refused("no such caller, line or agent")
        with self._lock:
            self._made += 1
            number = caller.number
            if not number:
                number = UNKNOWN_NUMBERS[self._unknown % len(UNKNOWN_NUMBERS)]
                self._unknown += 1
            now = datetime.now(self.zone)
            call = Call(f"{now:%Y%m%d%H%M%S}{self._made:04d}", number, line, agent, now)
            self.calls.insert(0, call)
            del self.calls[MOST_CALLS:]
        self._pop_up(call)
        return call

    def transfer(self, call_id: str, agent: str) -> Call:
        """Give a call to another agent, under the same id: the other one's pop-up; raises Refused."""
        if agent not in AGENTS:
            raise Refused("no such agent")
        call = self._live(call_id)
        if call.agent == agent:
            raise Refused(f"{agent} has the call already")
        self._status(call, {"DISPOSITION": "Transferred"})
        moved = replace(call, agent=agent)
        self._keep(moved)
        self._pop_up(moved)
        return moved

    def hang_up(self, call_id: str, disposition: str, more: Mapping[str, str]) -> Call:
        """End a call with what the agent chose: the status callback; raises Refused.

        Args:
            more: further fields of ConVox's form, such as the appointment; empty ones are not sent.
        """
        if disposition not in DISPOSITIONS:
            raise Refused("no such disposition")
        call = self._live(call_id)
        self._keep(replace(call, ended=disposition))
        self._status(call, {"DISPOSITION": disposition} | {name: text for name, text in more.items() if text})
        return call

    def note(self, text: str) -> None:
        """Write down what happened, newest first."""
        with self._lock:
            self.events.insert(0, f"{datetime.now(self.zone):%H:%M:%S} {text}")
            del self.events[MOST_EVENTS:]

    def _live(self, call_id: str) -> Call:
        with self._lock:
            found = next((each for each in self.calls if each.call_id == call_id), None)
        if found is None or found.ended is not None:
            raise Refused("no such call, or it has ended")
        return found

    def _keep(self, call: Call) -> None:
        with self._lock:
            self.calls = [call if each.call_id == call.call_id else each for each in self.calls]

    def _pop_up(self, call: Call) -> None:
        told = {
            "call_hit_reference_number": call.call_id,
            "agent_id": call.agent,
            "mobile_number": call.number,
            "queue_name": call.line.queue,
            "DID": call.line.did,
            "CALL_TYPE": "INCOMING",
        }
        self._tell("/calls/popup", f"pop-up for {call.agent}", told)

    def _status(self, call: Call, more: Mapping[str, str]) -> None:
        told = {
            "CALL_REFERENCE_ID": call.call_id,
            "USER_ID": call.agent,
            "MOBILE_NO": call.number,
            "queue_name": call.line.queue,
            "CallDate": f"{call.began_at:%Y-%m-%d}",
            "CallTime": f"{call.began_at:%H:%M:%S}",
        }
        self._tell("/calls/status", f"status of {call.agent}'s call", {**told, **more})

    def _tell(self, path: str, what: str, told: Json) -> None:
        """Send a callback once, as ConVox does, and note what was answered."""
        try:
            answer = self.api.call("POST", path, told)
        except NoAnswer as error:
            self.note(f"{what}: {error}")
            return
        self.note(f"{what}: {answer.status} {answer.body.get('message', '')}".rstrip())
