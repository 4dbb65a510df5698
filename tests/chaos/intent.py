"""What an agent wants of the connector, as the world outside knows it: the truth that the judge goes by."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any

from local.clinicea.records import Patient
from tests.chaos.people import Person

Json = dict[str, Any]


@dataclass(frozen=True)
class Slot:
    """Where and when, in the clinic's own time."""

    clinic_id: str
    practitioner_id: str | None
    start: datetime


@dataclass(frozen=True)
class Call:
    """One callback: when ConVox sends it, and what it says."""

    at: float
    body: Json
    by_status: bool = False
    """Whether it is a status callback."""
    asks: bool = True
    """Whether it asks for the appointment as it is meant."""
    recorded_at: float | None = None
    """When the agent recorded what it says, where it tells: one wish may be told twice, after another one."""
    at_desk: str = ""
    """What the agent does at the desk instead: `now`, `at_call_end` or `draft`."""


@dataclass
class AtDesk:
    """What came of a wish at the desk, as its agent saw it."""

    agreed: bool = True
    """Whether the caller wants it, and has consented where that is needed."""
    sent: list[float] = field(default_factory=list)
    heard: list[float] = field(default_factory=list)
    """When its form was sent, and when the desk answered that it is taken down or booked."""
    refused: list[int] = field(default_factory=list)
    """The statuses of answers that said why it is not booked."""
    failed: int = 0
    """How often the agent gave up: the desk did not answer, or did not show the patient."""
    untrue: list[str] = field(default_factory=list)
    """Where the desk said that it is booked, and nothing stood."""


@dataclass(frozen=True)
class Heard:
    """What a status callback was told: a booking, and whether that stands for something else."""

    booking_id: str
    changed: bool


class Mind:
    """What one call wants, as its status callbacks tell it: one appointment for each person, which may change."""


@dataclass
class Intent:
    """One wished appointment, by one call. `tag` travels in its notes into the calendar."""

    tag: int
    story: str
    slot: Slot
    patient_id: str | None = None
    person: Person | None = None
    calls: list[Call] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """HTTP statuses of the answers that came back."""
    booking_ids: set[str] = field(default_factory=set)
    """Under which it was accepted: one, unless something is wrong."""
    mind: Mind | None = None
    """Shared by the wishes of one call, of which only the last is to stand."""
    recorded_at: float | None = None
    """When the agent recorded the wish last, where the callbacks tell."""
    heard: list[Heard] = field(default_factory=list)
    heard_of: set[float | None] = field(default_factory=set)
    """When each telling was recorded of which a status callback was answered well."""
    traced: set[float | None] = field(default_factory=set)
    """Likewise where one failed and rang, as an alarm's metric or as an invocation that ended with an error."""
    taken: set[float | None] = field(default_factory=set)
    """Likewise where one was accepted, be it that no answer came through."""
    withdrawn: bool = False
    """Whether the person has had what is held on them erased, so that it may never be made."""
    announced: bool = False
    """Whether its call began with a pop-up."""
    desk: AtDesk | None = None
    """Its history at the desk, if an agent has it there."""
    first_sent: float = inf
    first_heard: float = inf
    """When a status callback of this wish was sent first, and when one was first answered well."""

    @property
    def call_id(self) -> str:
        """ConVox's id of the call."""
        return str(self.calls[0].body["call_id"])

    @property
    def calls_back(self) -> bool:
        """Whether a status callback asks for it."""
        return any(call.by_status and call.asks for call in self.calls)

    @property
    def agent_id(self) -> str:
        """The agent whose callbacks tell it."""
        return str(self.calls[0].body["agent_id"]) if self.calls else ""

    def function(self, call: Call) -> str:
        if call.by_status:
            return "call_status"
        return "book_appointment" if self.person is None else "book_new_patient"

    def sends(self, call: Call, now: float) -> None:
        """Note that a callback leaves."""
        if call.by_status and call.asks:
            self.first_sent = min(self.first_sent, now)

    def hears(self, call: Call, body: Json, now: float) -> None:
        """Note a good answer."""
        if not call.asks:
            return
        self.booking_ids.add(body["booking_id"])
        if call.by_status:
            self.first_heard = min(self.first_heard, now)
            self.heard_of.add(call.recorded_at)
            self.heard.append(Heard(body["booking_id"], body["changed"]))

    def is_right(self, patient: Patient) -> bool:
        """Whether an appointment for this patient is one for the person that was meant."""
        if self.person is None:
            return patient.patient_id == self.patient_id
        same_number = (patient.country_code, patient.mobile) == (
            self.person.number.country_code,
            self.person.number.national,
        )
        same_name = patient.full_name.casefold() == self.person.full_name.casefold()
        births = {patient.date_of_birth, self.person.born} - {None}
        return same_number and same_name and len(births) < 2

    def body(self, call_id: str, agent_id: str, start: str) -> Json:
        """Return what ConVox sends."""
        body: Json = {
            "call_id": call_id,
            "agent_id": agent_id,
            "clinic_id": self.slot.clinic_id,
            "start": start,
            "duration_minutes": 30,
            "notes": f"#{self.tag}#",
        }
        if self.slot.practitioner_id is not None:
            body["practitioner_id"] = self.slot.practitioner_id
        person = self.person
        if person is not None:
            body |= {
                "mobile": person.number.e164,
                "first_name": person.first_name,
                "last_name": person.last_name,
                "consent": {"given": True},
            }
            if person.born is not None:
                body["date_of_birth"] = person.born.isoformat()
                body["consent"] = {"given": True, "given_by": "self" if person.born.year < 2000 else "parent"}
        return body

    @property
    def path(self) -> str:
        """The route that takes it."""
        return "/appointments" if self.person else f"/patients/{self.patient_id}/appointments"

    def event(self, call: Call, epoch_ms: int) -> Json:
        """Return API Gateway's event for one callback."""
        if call.by_status:
            resource, path = "/calls/status", "/calls/status"
        else:
            resource = "/appointments" if self.person else "/patients/{patient_id}/appointments"
            path = self.path
        headers = {"Host": "api.example", "X-Forwarded-Proto": "https", "Content-Type": "application/json"}
        return {
            "resource": resource,
            "path": path,
            "httpMethod": "POST",
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": None,
            "multiValueQueryStringParameters": None,
            "pathParameters": {"patient_id": self.patient_id} if "{" in resource else None,
            "stageVariables": None,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "chaos",
                "authorizer": {"caller": "convox", "principalId": "convox"},
                "domainName": "api.example",
                "httpMethod": "POST",
                "path": f"/v1{path}",
                "requestId": f"request-{self.tag}",
                "requestTimeEpoch": epoch_ms,
                "resourcePath": resource,
                "stage": "v1",
            },
            "body": json.dumps(call.body),
            "isBase64Encoded": False,
        }
