"""The agent's request for an appointment, in our words, and its passage into the ledger and out again."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, ValidationError

from convox_clinicea.clinicea.models import NewAppointment, NewPatient
from convox_clinicea.errors import ConnectorError, raise_alone
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import GivenBy, Personal, PersonalDate, PersonalGender, PersonalText

SCHEMA_VERSION = 1
READABLE_VERSIONS = frozenset({1})


class UnreadableRequest(ConnectorError):
    """The stored request is of a version, or of a shape, that this code does not understand."""


class Caller(BaseModel):
    """Who sent the request: the authenticated caller, and the call and agent that it claims.

    `request_id` is API Gateway's, which the access log has too: it is of the moment, and not stored with the request.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    name: str
    call_id: str | None = None
    agent_id: str | None = None
    request_id: str | None = None


class Consent(BaseModel):
    """The caller's consent to being registered, as heard by the agent on that call."""

    model_config = ConfigDict(defer_build=True, frozen=True)

    given: Literal[True]
    at: AwareDatetime | None = None
    text_version: str | None = None
    given_by: GivenBy | None = None


class PatientDetails(BaseModel):
    """What a new patient told."""

    model_config = ConfigDict(defer_build=True, frozen=True, hide_input_in_errors=True)

    mobile: Mobile
    first_name: PersonalText
    last_name: PersonalText | None = None
    gender: PersonalGender | None = None
    date_of_birth: PersonalDate | None = None
    email: PersonalText | None = None
    consent: Consent

    def for_clinicea(self) -> NewPatient:
        return NewPatient(
            mobile=self.mobile,
            first_name=self.first_name,
            last_name=self.last_name,
            gender=self.gender,
            date_of_birth=self.date_of_birth,
            email=self.email,
        )


def _at_its_offset(moment: datetime) -> datetime:
    """Return the moment with its offset alone: in a zone, what is added to it is added to the wall clock."""
    return moment.astimezone(timezone(moment.utcoffset() or timedelta()))


class BookingRequest(BaseModel):
    """A request for one appointment, for a known patient (`patient_id`) or a new one (`new_patient`)."""

    model_config = ConfigDict(defer_build=True, frozen=True, hide_input_in_errors=True)

    caller: Caller
    clinic_id: str
    start: Annotated[AwareDatetime, AfterValidator(_at_its_offset)]
    duration_minutes: int
    practitioner_id: str | None = None
    service: PersonalText | None = None
    notes: PersonalText | None = None
    mobile: Mobile | None = None
    patient_id: str | None = None
    new_patient: PatientDetails | None = None

    @property
    def flow(self) -> Literal["known_patient", "new_patient"]:
        return "known_patient" if self.new_patient is None else "new_patient"

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.duration_minutes)

    def for_clinicea(self, reference: str) -> NewAppointment:
        """Return the appointment to be made; `reference` goes into the notes, where a person can find it."""
        notes = f"{self.notes.reveal()} [{reference}]" if self.notes else f"[{reference}]"
        return NewAppointment(
            clinic_id=self.clinic_id,
            start=self.start,
            end=self.end,
            practitioner_id=self.practitioner_id,
            service=self.service,
            mobile=self.mobile,
            notes=PersonalText(notes),
        )

    def to_bytes(self) -> bytes:
        """Return the request as compact JSON, personal values revealed: for encryption only."""
        document = {"v": SCHEMA_VERSION, **_without_none(_revealed(self))}
        document["caller"].pop("request_id", None)
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote, of this version or the one before; raises UnreadableRequest."""
        try:
            document = json.loads(data)
            if document.get("v") not in READABLE_VERSIONS:
                raise UnreadableRequest("stored request: unknown version")
            return cls.model_validate(document)
        except (ValidationError, ValueError, AttributeError):
            raise_alone(UnreadableRequest("stored request: not readable"))


def _revealed(value: Any) -> Any:
    if isinstance(value, Personal):
        value = value.reveal()
    if isinstance(value, BaseModel):
        return {name: _revealed(getattr(value, name)) for name in type(value).model_fields}
    return value.isoformat() if hasattr(value, "isoformat") else value


def _without_none(document: Any) -> Any:
    if not isinstance(document, dict):
        return document
    return {name: _without_none(value) for name, value in document.items() if value is not None}
