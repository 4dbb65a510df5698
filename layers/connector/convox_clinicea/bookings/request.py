"""The agent's request for an appointment, and the proof of consent to it.

The proof must outlive the booking's request and an erasure. So it names no person: booking, call, agent, API Gateway's
request id, time, version of the text that was read out, and the HMAC of the mobile.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta, timezone, tzinfo
from hashlib import sha256
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, ValidationError

from convox_clinicea.bookings.record import Booking, timestamp
from convox_clinicea.clinicea.writes import NewAppointment, NewPatient
from convox_clinicea.deadline import CLOCKS_APART
from convox_clinicea.deployment_documents import ConsentTexts
from convox_clinicea.errors import ConnectorError, raise_alone
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import GivenBy, Personal, PersonalText
from convox_clinicea.table import WRITE_TOKEN, ConditionFailed, Item, Put, Table

SCHEMA_VERSION = 1
READABLE_VERSIONS = frozenset({1})


class UnreadableRequest(ConnectorError):
    """The stored request has a version or shape that this code cannot read."""


class Caller(BaseModel):
    """Sender of a request: the authenticated client, and the call and agent that it claims.

    `request_id` is API Gateway's, as in the access log. It is not stored with the request.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    name: str
    call_id: str | None = None
    agent_id: str | None = None
    request_id: str | None = None


class Consent(BaseModel):
    """The caller's consent to registration, as heard by the agent on the call."""

    model_config = ConfigDict(defer_build=True, frozen=True)

    given: Literal[True]
    at: AwareDatetime | None = None
    text_version: str | None = None
    given_by: GivenBy | None = None


class PatientDetails(NewPatient):
    """A caller's details, and the consent to their registration.

    Without a consent the caller says to be a patient already: then the booking is for whom Clinicea has under number
    and name, and nobody is registered (rule 7).
    """

    consent: Consent | None = None


def _at_its_offset(moment: datetime) -> datetime:
    """Return the moment with a fixed offset: in a zone, a duration would be added to the wall clock."""
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
    def registers(self) -> bool:
        """Whether the person may become a patient by it."""
        return self.new_patient is not None and self.new_patient.consent is not None

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.duration_minutes)

    def for_clinicea(self, reference: str) -> NewAppointment:
        """Return the appointment to post; `reference` goes into the notes, where a person can find it."""
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
        """Return the request as compact JSON with personal values revealed; for encryption only."""
        document = {"v": SCHEMA_VERSION, **_without_none(_revealed(self))}
        document["caller"].pop("request_id", None)
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse the output of `to_bytes`, of this version or the previous one; raises UnreadableRequest."""
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
"""Pages of 1 MB counted for one request."""
LONGEST_AGO = timedelta(days=1)
"""Oldest credible `heard_at`. Older ones, and ones ahead of our clock, are replaced by the time of receipt."""
UNLISTED = "unlisted"
"""Recorded for a status callback's text version that is not configured."""
_FIRST = "attribute_not_exists(subject)"


class Consents:
    """Proofs of consent: append-only, in the register's table, with a retention of their own.

    Args:
        text_version: version of the text that is read out if a request names none.
        texts: the deployment's texts by version.
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
        """Record the consent before the booking is stored; an existing entry stays.

        Each stored content has an entry of its own (rule 18): replaced content keeps its proof, and the registered
        content has the proof of the text that was read out with it.

        Args:
            request_id: id of the first request with this consent; the access log has its origin.

        Raises:
            TableUnavailable: the entry may be missing.
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
    """Return the number of proofs of consent of the booking, including those of replaced contents."""
    found = table.count_page(
        "#subject = :subject AND begins_with(#entry, :entry)",
        {"#subject": "subject", "#entry": "entry"},
        {":subject": {"S": subject_of_number(booking.number_key or "")}, ":entry": {"S": _entries_of(booking)}},
        None,
    )
    return found.count


def count_of(table: Table, subject: str, after: str | None, kind: str = "") -> tuple[int, str | None]:
    """Count the register's entries of a subject: a patient, or the HMAC of a mobile.

    Args:
        after: the last counted entry, as the previous call returned it.
        kind: prefix of the sort keys.

    Returns:
        The number of entries, and the last counted one if there may be more.
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
    """Return the prefix of the sort keys of a booking's proofs; it was the whole key in an earlier release."""
    return f"consent#{booking.booking_id}"


def _entry_of(booking: Booking, text_version: str, heard_at: str | None) -> str:
    """Return the proof's sort key: request, content, text version, and when the text was heard."""
    content = "\n".join((booking.fingerprint.hex(), text_version, heard_at or ""))
    return f"{_entries_of(booking)}#{booking.stands_for}#{sha256(content.encode()).hexdigest()[:16]}"


def subject_of_number(number_key: str) -> str:
    """Return the register's key of the consents from a mobile."""
    return f"number#{number_key}"
