"""The agent's request for an appointment, and the proof of its consent.

Whoever registers a person has to be able to show that they agreed, after the booking has ended and its request is
gone, and after an erasure too. So the entry names nobody: booking, call, agent, API Gateway's id of the request, time,
version of the text that was read out, and the HMAC of the mobile.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta, timezone, tzinfo
from hashlib import sha256
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, ValidationError

from convox_clinicea.bookings.record import Booking, timestamp
from convox_clinicea.clinicea.models import NewAppointment, NewPatient
from convox_clinicea.deadline import CLOCKS_APART
from convox_clinicea.deployment_documents import ConsentTexts
from convox_clinicea.errors import ConnectorError, raise_alone
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import GivenBy, Personal, PersonalText
from convox_clinicea.table import WRITE_TOKEN, ConditionFailed, Item, Put, Table

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


class PatientDetails(NewPatient):
    """What a new patient told: for Clinicea, and the consent to it."""

    consent: Consent


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


CONSENT_SCHEMA_VERSION = 1
MOST_PAGES = 20
"""Pages of 1 MB that are counted at once."""
LONGEST_AGO = timedelta(days=1)
"""A consent that was heard longer ago, or ahead of our clock, was not heard then: only when it came is on record."""
UNLISTED = "unlisted"
"""The version of a text that the deployment does not list, as a status callback named it."""
_FIRST = "attribute_not_exists(subject)"


class Consents:
    """Append-only, in the table of the register of disclosures, and kept for a time of its own.

    Args:
        text_version: what is read out where a request names no version.
        texts: what the deployment says of its versions.
    """

    def __init__(
        self,
        table: Table,
        text_version: str,
        retention: timedelta,
        zone: tzinfo,
        texts: ConsentTexts | None = None,
    ) -> None:
        self._table = table
        self._text_version = text_version
        self._retention = retention
        self._zone = zone
        self._texts = texts

    def add(self, booking: Booking, consent: Consent, request_id: str | None = None) -> None:
        """Put the consent on record before the booking itself; that it stands already is as good.

        Each content that is stored has an entry of its own: what a changed mind has replaced keeps its proof, and what
        is registered in Clinicea has the one whose text was read out with it.

        Args:
            request_id: of the request that brought it first, by which the access log tells from where.

        Raises:
            LedgerUnavailable: it may not stand.
        """
        heard = consent.at is not None and -LONGEST_AGO <= consent.at - booking.accepted_at <= CLOCKS_APART
        text_version = consent.text_version or self._text_version
        text = None if self._texts is None else self._texts.get(text_version)
        if text is not None and text.since is not None and consent.at is not None:
            heard = heard and consent.at.astimezone(self._zone).date() >= text.since
        heard_at = timestamp(consent.at) if consent.at is not None and heard else None
        texts = {
            "subject": subject_of_number(booking.number_key or ""),
            "entry": _entry_of(booking, text_version, heard_at),
            "kind": "consent",
            "at": timestamp(booking.accepted_at),
            "day": booking.accepted_at.astimezone(self._zone).date().isoformat(),
            "heard_at": heard_at,
            "booking_id": booking.booking_id,
            "caller": booking.caller,
            "agent_id": booking.agent_id,
            "call_id": booking.call_id,
            "request_id": request_id,
            "text_version": text_version,
            "given_by": consent.given_by,
            "language": None if text is None else text.language,
            "text_digest": None if text is None else text.digest,
            WRITE_TOKEN: booking.booking_id,
        }
        item: Item = {name: {"S": value} for name, value in texts.items() if value is not None}
        if text is not None:
            item["purposes"] = {"L": [{"S": purpose} for purpose in text.purposes]}
        item["v"] = {"N": str(CONSENT_SCHEMA_VERSION)}
        item["expires_at"] = {"N": str(int((booking.accepted_at + self._retention).timestamp()))}
        with suppress(ConditionFailed):
            self._table.put(Put(item, _FIRST))


def count_of_booking(table: Table, booking: Booking) -> int:
    """Count the proofs of consent that came with the booking, and with what it stood for before."""
    found = table.count_page(
        "#subject = :subject AND begins_with(#entry, :entry)",
        {"#subject": "subject", "#entry": "entry"},
        {":subject": {"S": subject_of_number(booking.number_key or "")}, ":entry": {"S": _entries_of(booking)}},
        None,
    )
    return found.count


def count_of(table: Table, subject: str, after: str | None, kind: str = "") -> tuple[int, str | None]:
    """Count what the register holds under a subject: a patient, or the HMAC of a mobile.

    Args:
        after: the entry after which to go on, as the call before returned it.
        kind: what the sort keys begin with.

    Returns:
        How many entries were counted, and the last one of them if there may be more.
    """
    key: Item = {"subject": {"S": subject}}
    start: Item | None = None if after is None else {**key, "entry": {"S": after}}
    count = 0
    condition, names, values = "#subject = :subject", {"#subject": "subject"}, {":subject": key["subject"]}
    if kind:
        condition += " AND begins_with(#entry, :kind)"
        names, values = {**names, "#entry": "entry"}, {**values, ":kind": {"S": kind}}
    for _ in range(MOST_PAGES):
        page = table.count_page(condition, names, values, start)
        count += page.count
        start = page.after
        if start is None:
            return count, None
    return count, None if start is None else start["entry"]["S"]


def _entries_of(booking: Booking) -> str:
    """Return what the sort keys of a booking's proofs begin with; the whole key, in a release before."""
    return f"consent#{booking.booking_id}"


def _entry_of(booking: Booking, text_version: str, heard_at: str | None) -> str:
    """Return the sort key of the proof: what the booking stands for, its content, and which text was heard when."""
    content = "\n".join((booking.fingerprint.hex(), text_version, heard_at or ""))
    return f"{_entries_of(booking)}#{booking.stands_for}#{sha256(content.encode()).hexdigest()[:16]}"


def subject_of_number(number_key: str) -> str:
    """Return the key under which the consents given from a mobile stand."""
    return f"number#{number_key}"
