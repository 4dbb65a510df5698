"""Requests to the desk as API Gateway hands them over: an agent who is signed in, with an announced call."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from bench.stage import Place
from convox_clinicea import aws
from convox_clinicea.deadline import SystemClock
from convox_clinicea.desk.pages import key_of
from convox_clinicea.desk.sessions import Person, Sessions
from convox_clinicea.desk.web import FORM, SESSION_COOKIE
from convox_clinicea.table import Table
from tests.support import events

Json = dict[str, Any]
KNOWN = {"mobile": "+919999900001", "patient_id": "P-01"}
"""One patient of the fake's sample, with completed visits."""
WANTED = {"another": "yes"}
"""Field of a form that says that the patient is to have this appointment beside others: each call books for one."""
ORIGIN = f"https://{events.HOST}"
_SEEN = re.compile(r"calls\?seen=([0-9a-f]+)")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class SignedIn:
    """An agent who is signed in at the desk of a deployment, and one call of this agent."""

    agent_id: str
    cookie: str
    token: str
    call_id: str

    @classmethod
    def at(cls, place: Place) -> SignedIn:
        """Begin the session of a new agent, as a sign-in does; valid for an hour without a request."""
        number = next(_numbers)
        agent = f"agent-{number}"
        person = Person(f"person-{number}", agent, frozenset({"agents"}), "Test Agent")
        cookie, session = Sessions(Table(aws.dynamodb(), place.stack.table), SystemClock()).begin(person)
        return cls(agent, cookie, session.token, f"DESK-{number}")

    def pop_up(self) -> Json:
        """Return ConVox's announcement of the call."""
        body = {"call_id": self.call_id, "agent_id": self.agent_id, "mobile": KNOWN["mobile"], "queue": "Andheri"}
        return events.gateway("POST", "/calls/popup", body=body)

    def home(self) -> Json:
        """Return the request for the list of calls, as a page."""
        return self._event("GET", "")

    def poll(self, home: str) -> Json:
        """Return what a list of calls asks every two seconds; `home` is its page."""
        seen = _SEEN.search(home)
        return self._event("GET", "calls", query={"seen": seen[1] if seen else ""}, fragment=True)

    def call(self, part: str = "") -> Json:
        """Return the request for the call's page, or for a part of it."""
        return self._event("GET", "/".join(filter(None, ("calls", key_of(self.call_id), part))), fragment=bool(part))

    def ahead(self) -> Json:
        """Return the request for the patient's next appointments, of a desk whose card asks for them."""
        form = {"token": self.token, "patient_id": KNOWN["patient_id"]}
        return self._event("POST", f"calls/{key_of(self.call_id)}/ahead", form=form, fragment=True)

    def sent(self, to: str, start: datetime) -> Json:
        """Return the call's form for an appointment at `start`, sent to `book` or `draft`."""
        form = {"token": self.token, "patient_id": KNOWN["patient_id"], "clinic_id": "C-01", "when": "now"}
        form |= {"day": f"{start:%Y-%m-%d}", "time": f"{start:%H:%M}", **WANTED}
        return self._event("POST", f"calls/{key_of(self.call_id)}/{to}", form=form, fragment=True)

    def ticket(self) -> Json:
        """Return the request for a ticket, with which a page opens its socket."""
        return self._event("POST", "socket", form={"token": self.token}, fragment=True)

    def socket(self, route: str, ticket: str) -> Json:
        """Return what the WebSocket API tells of a connection: `$connect` with a ticket, or `$disconnect`."""
        context: Json = {"connectionId": f"{self.call_id}=", "routeKey": route, "stage": "desk", "identity": {}}
        context |= {"requestId": events.REQUEST_ID, "requestTimeEpoch": int(time.time() * 1000)}
        return {"requestContext": context, "queryStringParameters": {"ticket": ticket}, "isBase64Encoded": False}

    def _event(
        self,
        method: str,
        beyond: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        fragment: bool = False,
    ) -> Json:
        headers = {"Cookie": f"{SESSION_COOKIE}={self.cookie}"} | ({"HX-Request": "true"} if fragment else {})
        if form is not None:
            headers |= {"Origin": ORIGIN, "Content-Type": FORM}
        body = None if form is None else urlencode(form)
        resource = "/desk/{proxy+}" if beyond else "/desk"
        event = events.gateway(method, resource, query=query, body=body, headers=headers, caller=None)
        path = f"/desk/{beyond}" if beyond else "/desk"
        event |= {"path": path, "pathParameters": {"proxy": beyond} if beyond else None}
        event["requestContext"]["path"] = f"/v1{path}"
        return event


def announced(place: Place, pop_up: Callable[[Json], Any]) -> SignedIn:
    """Return a new agent with one call, which `pop_up` has announced: it invokes the pop-up's function."""
    agent = SignedIn.at(place)
    pop_up(agent.pop_up())
    return agent
