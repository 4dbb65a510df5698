"""The desk of a deployed stack over HTTP: a call announced, looked at, booked, and what a page weighs."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import boto3
import requests

from bench.desk_events import KNOWN, WANTED
from bench.desk_slots import slots
from bench.embedded import CREDENTIALS
from bench.events import Refused
from bench.spread import shares
from commands.api import Api
from convox_clinicea.deadline import SystemClock
from convox_clinicea.desk.pages import key_of
from convox_clinicea.desk.sessions import Person, Sessions
from convox_clinicea.desk.web import SESSION_COOKIE
from convox_clinicea.table import Table

Json = dict[str, Any]
POLL_SECONDS = 2.0
"""How often a page asks whether something has changed; that of static/desk.js."""
ANSWER_SECONDS = 30
BOOKED_SECONDS = 60.0
AGENT = "agent-8"
NAME = "Meera Samplewala"
TAKEN_DOWN, BOOKED = 'class="chip', 'class="chip booked"'
_LINKS = re.compile(r'<(?:link|script)[^>]* (?:href|src)="([^"]+)"')


@dataclass(frozen=True)
class DeployedStack:
    """A stack that `make run` serves with a desk, by the contents of its stack file."""

    told: Mapping[str, Any]

    @property
    def desk_url(self) -> str:
        return str(self.told["desk_url"])

    def announce(self, call_id: str, agent_id: str) -> None:
        """Send ConVox's pop-up for an agent; raises Refused, NoAnswer."""
        body = {"call_hit_reference_number": call_id, "agent_id": agent_id, "mobile_number": KNOWN["mobile"]}
        self._post("/calls/popup", body | {"queue_name": "Andheri"})

    def hang_up(self, call_id: str, agent_id: str) -> None:
        """Send the status callback of a call that asks for nothing; raises Refused, NoAnswer."""
        body = {"CALL_REFERENCE_ID": call_id, "USER_ID": agent_id, "DISPOSITION": "Enquiry"}
        self._post("/calls/status", body | {"MOBILE_NO": KNOWN["mobile"]})

    def session(self, agent_id: str) -> tuple[str, str]:
        """Begin a session, as a sign-in does; returns cookie and the token of its forms."""
        make: Any = boto3.client  # its stubs require a literal service name
        client = make(
            "dynamodb",
            endpoint_url=self.told["aws_endpoint_url"],
            region_name=CREDENTIALS["AWS_DEFAULT_REGION"],
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )
        person = Person(f"person-{agent_id}", agent_id, frozenset({"agents"}), "Test Agent")
        cookie, session = Sessions(Table(client, self.told["ledger_table"]), SystemClock()).begin(person)
        return cookie, session.token

    def _post(self, path: str, body: Json) -> None:
        api = Api(str(self.told["api_url"]), str(self.told["access_token_header"]), str(self.told["access_token"]))
        answer = api.call("POST", path, body)
        if answer.status not in (200, 202):
            raise Refused(f"{path}: {answer.status} {answer.body}"[:300])


class Agent:
    """An agent's browser without a screen: it asks what the pages ask."""

    def __init__(self, stack: DeployedStack) -> None:
        cookie, self._token = stack.session(AGENT)
        self._stack = stack
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers["Cookie"] = f"{SESSION_COOKIE}={cookie}"
        own = urlsplit(stack.desk_url)
        self._origin = f"{own.scheme}://{own.netloc}"

    def get(self, beyond: str = "", *, fragment: bool = False) -> requests.Response:
        """Ask for what lies below the desk's address; raises Refused."""
        url = f"{self._stack.desk_url}/{beyond}" if beyond else self._stack.desk_url
        headers = {"HX-Request": "true"} if fragment else {}
        return _good(self._http.get(url, headers=headers, timeout=ANSWER_SECONDS))

    def book(self, call_id: str, start: datetime) -> str:
        """Send the call's form; returns the answer."""
        form = {"token": self._token, "patient_id": KNOWN["patient_id"], "clinic_id": "C-01", "when": "now"}
        form |= {"day": f"{start:%Y-%m-%d}", "time": f"{start:%H:%M}", **WANTED}
        headers = {"HX-Request": "true", "Origin": self._origin}
        url = f"{self._stack.desk_url}/calls/{key_of(call_id)}/book"
        return _good(self._http.post(url, data=form, headers=headers, timeout=ANSWER_SECONDS)).text

    def weight(self, beyond: str) -> int:
        """Return the bytes of a page with its files as a browser without any of them gets them, headers included."""
        first = self.get(beyond)
        base = first.url
        files = [_good(self._http.get(each, timeout=ANSWER_SECONDS)) for each in links(first.text, base)]
        return sum(map(_bytes, [first, *files]))


def links(html: str, base: str) -> list[str]:
    """Return the addresses of the files that a page loads."""
    return [urljoin(base, each) for each in _LINKS.findall(html)]


def _good(answer: requests.Response) -> requests.Response:
    if answer.status_code not in (200, 204):
        raise Refused(f"{urlsplit(answer.url).path}: {answer.status_code}")
    return answer


def _bytes(answer: requests.Response) -> int:
    """Return an answer's size on the wire, of which the body is not compressed."""
    return len(answer.content) + sum(len(name) + len(value) + 4 for name, value in answer.headers.items())


def measure(stack: DeployedStack, calls: int, first_day: int) -> Json:
    """Play calls over HTTP, at the pace of the page's polling; times in milliseconds, weights in bytes.

    Args:
        first_day: days ahead of the first appointment.
    """
    agent, found = Agent(stack), []
    for turn, (_, start) in zip(range(calls + 1), slots(first_day), strict=False):
        call_id = f"HTTP-{turn}"
        stack.announce(call_id, AGENT)
        found.append(_played(agent, call_id, start))
        if turn == 0:
            weights = {"list": agent.weight(""), "call": agent.weight(f"calls/{key_of(call_id)}")}
            weights["call"] += _bytes(agent.get(f"calls/{key_of(call_id)}/caller", fragment=True))
        stack.hang_up(call_id, AGENT)
    counted = found[1:]  # the first one warms up
    return {**{what: shares([each[what] for each in counted]) for what in counted[0]}, "weight": weights}


def _played(agent: Agent, call_id: str, start: datetime) -> dict[str, float]:
    began = time.perf_counter()
    agent.get(f"calls/{key_of(call_id)}")
    if NAME not in agent.get(f"calls/{key_of(call_id)}/caller", fragment=True).text:
        raise Refused("the caller's name is missing")
    shown = time.perf_counter()
    if TAKEN_DOWN not in agent.book(call_id, start):
        raise Refused("the booking was not taken down")
    taken_down = time.perf_counter()
    wait, ends = random.SystemRandom().uniform(0, POLL_SECONDS), taken_down + BOOKED_SECONDS
    while time.perf_counter() < ends:
        time.sleep(wait)
        if BOOKED in agent.get(f"calls/{key_of(call_id)}/bookings", fragment=True).text:
            booked = time.perf_counter()
            seconds = {"opened": shown - began, "taken_down": taken_down - shown, "booked": booked - shown}
            return {what: each * 1000 for what, each in seconds.items()}
        wait = POLL_SECONDS
    raise Refused(f"not booked within {BOOKED_SECONDS:.0f} s")
