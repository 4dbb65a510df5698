"""The desk's pages as an agent's browser meets them: API Gateway's events, forms, and the chips of bookings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from convox_clinicea.desk.web import FORM, SESSION_COOKIE
from tests.chaos.intent import Call, Intent, Json

ORIGIN = "https://api.example"
_NAMES = ("clinic_id", "practitioner_id", "notes", "duration_minutes", "first_name", "last_name", "date_of_birth")
_CHIP = re.compile(
    r'<li><span class="chip (?P<progress>\w+)">.*?</span> '
    r'(?:<span class="num">(?P<start>\w{3} \d+ \w{3} \d\d:\d\d)</span>)?'
)


@dataclass(frozen=True)
class Ask:
    """A request for a page; with a form it is sent by POST."""

    method: str
    parts: tuple[str, ...]
    form: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Page:
    """What the browser got; status 0 after a pause."""

    status: int
    body: str
    location: str


@dataclass(frozen=True)
class Chip:
    """How a booking stands, as the page says it: its state and its start in the clinic's zone."""

    progress: str
    start: str

    def is_of(self, start: datetime) -> bool:
        return self.start == f"{start:%a} {start.day} {start:%b} {start:%H:%M}"


def chips_in(html: str) -> list[Chip]:
    """Return the bookings that a page shows."""
    return [Chip(found["progress"], found["start"] or "") for found in _CHIP.finditer(html)]


def form_of(intent: Intent, call: Call) -> dict[str, str]:
    """Return the form as the page sends it."""
    said = call.body
    form = {name: str(said[name]) for name in _NAMES if name in said}
    form |= {"day": f"{intent.slot.start:%Y-%m-%d}", "time": f"{intent.slot.start:%H:%M}", "when": call.at_desk}
    if intent.patient_id is not None:
        return form | {"patient_id": intent.patient_id}
    consent = said["consent"]
    form |= {"consent.given": "yes" if consent["given"] else "no", "consent.given_by": consent["given_by"]}
    return form | {"consent.text_version": consent["text_version"]}


def event_of(ask: Ask, cookie: str, token: str, epoch_ms: int) -> Json:
    """Return API Gateway's event for a request of a page's script."""
    beyond = "/".join(ask.parts)
    headers = {"Host": "api.example", "X-Forwarded-Proto": "https", "HX-Request": "true"}
    headers["Cookie"] = f"{SESSION_COOKIE}={cookie}"
    if ask.form is not None:
        headers |= {"Content-Type": FORM, "Origin": ORIGIN}
    return {
        "resource": "/desk/{proxy+}",
        "path": f"/desk/{beyond}",
        "httpMethod": ask.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": beyond},
        "stageVariables": None,
        "requestContext": {
            "domainName": "api.example",
            "identity": {"sourceIp": "203.0.113.9"},
            "path": f"/v1/desk/{beyond}",
            "requestId": "request-desk",
            "requestTimeEpoch": epoch_ms,
            "resourcePath": "/desk/{proxy+}",
            "stage": "v1",
        },
        "body": None if ask.form is None else urlencode({**ask.form, "token": token}),
        "isBase64Encoded": False,
    }
