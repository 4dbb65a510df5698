"""Patients and appointments as Clinicea describes them, in our words.

The models are tolerant where the facts demand it: one field under several names, unset dates as
`0001-01-01T00:00:00`, status words in several spellings, unknown fields. What cannot be read is None, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from convox_clinicea.clinicea.answers import fields, identifier, text
from convox_clinicea.clinicea.call_table import CallTable, same_word
from convox_clinicea.clinicea.times import zone_of
from convox_clinicea.clinics import Clinics
from convox_clinicea.privacy import PersonalDate, PersonalGender, PersonalText

if TYPE_CHECKING:
    from convox_clinicea.mobile import Mobile

_UNSET_YEAR = 1


# Ids and file numbers come as strings or as numbers.
Text = Annotated[str | None, BeforeValidator(text)]
Identifier = Annotated[str | None, BeforeValidator(identifier)]
PersonalField = Annotated[PersonalText | None, BeforeValidator(text)]


class _Record(BaseModel):
    model_config = ConfigDict(defer_build=True, frozen=True, hide_input_in_errors=True)


class Patient(_Record):
    """A patient's details. Fields that Clinicea did not send are None."""

    patient_id: Annotated[str, BeforeValidator(identifier)]
    file_no: PersonalField = None
    name: PersonalField = None
    first_name: PersonalField = None
    last_name: PersonalField = None
    mobile: PersonalField = None
    country_code: Text = None
    gender: PersonalField = None
    date_of_birth: PersonalDate | None = None
    email: PersonalField = None
    address: PersonalField = None
    last_visit: PersonalDate | None = None

    @property
    def full_name(self) -> PersonalText | None:
        """The name as Clinicea gives it, else first and last name."""
        if self.name is not None:
            return self.name
        parts = [part.reveal() for part in (self.first_name, self.last_name) if part is not None]
        return PersonalText(" ".join(parts)) if parts else None


class Status(StrEnum):
    """What the product needs to know of an appointment's status."""

    CHECKED_OUT = "checked_out"
    CANCELLED = "cancelled"
    OTHER = "other"
    MISSING = "missing"


class Appointment(_Record):
    """An appointment in Clinicea's calendar; times are aware, in the clinic's zone."""

    appointment_id: Annotated[str, BeforeValidator(identifier)]
    patient_id: Identifier = None
    start: datetime | None = None
    end: datetime | None = None
    status: Status = Status.MISSING
    service: PersonalField = None
    practitioner: Text = None
    practitioner_id: Identifier = None
    clinic_id: Identifier = None
    clinic_name: Text = None
    clinic_address: Text = None


class CreatedAppointment(_Record):
    """What a successful POST told."""

    appointment_id: str
    patient_id: str | None
    shown: bool
    """Whether the answer showed the patient and the start that were sent; a bare id shows neither."""


@dataclass(frozen=True)
class NewAppointment:
    """An appointment to be made. `start` and `end` are aware; the call table says in which zone Clinicea gets them."""

    clinic_id: str
    start: datetime
    end: datetime
    practitioner_id: str | None = None
    service: PersonalText | None = None
    mobile: Mobile | None = None
    notes: PersonalText | None = None


@dataclass(frozen=True)
class NewPatient:
    """A patient to be made together with an appointment."""

    mobile: Mobile
    first_name: PersonalText
    last_name: PersonalText | None = None
    gender: PersonalGender | None = None
    date_of_birth: PersonalDate | None = None
    email: PersonalText | None = None


def patient_from(record: Mapping[str, Any], table: CallTable, zone: ZoneInfo | None = None) -> Patient | None:
    """Read one patient record; None if it has no usable id.

    Args:
        zone: the clinics', whose date the last visit is, where Clinicea's times are in another.
    """
    found = fields(record, table.patient_fields)
    values: dict[str, Any] = {name: texts[0] for name, texts in found.items() if texts}
    values["address"] = _joined(found.get("address", []))
    birth = parse_time(values.pop("date_of_birth", None))
    visit = values.pop("last_visit", None)
    if zone is not None and isinstance(visit, str) and "T" in visit:  # a plain date is the same everywhere
        last = parse_time(visit, zone, zone_of(table.times.reading_zone, zone))
    else:
        last = parse_time(visit)
    try:
        return Patient(
            **{name: value for name, value in values.items() if name in Patient.model_fields},
            date_of_birth=PersonalDate.of(birth.date() if birth else None),
            last_visit=PersonalDate.of(last.date() if last else None),
        )
    except ValidationError:
        return None


def appointment_from(record: Mapping[str, Any], table: CallTable, clinics: Clinics) -> Appointment | None:
    """Read one appointment record; None if it has no usable id."""
    found = fields(record, table.appointment_fields)
    values: dict[str, Any] = {name: texts[0] for name, texts in found.items() if texts}
    zone = clinics.zone(identifier(values.get("clinic_id")))
    if "practitioner" not in values:
        names = [str(values[part]) for part in ("practitioner_first_name", "practitioner_last_name") if part in values]
        values["practitioner"] = " ".join(names) or None
    values["clinic_address"] = _joined(found.get("clinic_address", []))
    reading = zone_of(table.times.reading_zone, zone)
    values["start"] = parse_time(values.get("start"), zone, reading)
    values["end"] = parse_time(values.get("end"), zone, reading)
    values["status"] = _status(values.get("status"), values.get("cancellation_reason"), table)
    try:
        return Appointment(**{name: value for name, value in values.items() if name in Appointment.model_fields})
    except ValidationError:
        return None


def parse_time(value: Any, zone: ZoneInfo | None = None, reading: tzinfo | None = None) -> datetime | None:
    """Read a time of Clinicea; unset and unreadable ones are None.

    Args:
        zone: the clinic's, in which the time is returned.
        reading: the zone of times without an offset, where it is not the clinic's.
    """
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value.strip())
        if parsed.year <= _UNSET_YEAR:
            return None
        if zone is None:
            return parsed
        if parsed.tzinfo is None and reading in (None, zone):
            return parsed.replace(tzinfo=zone)
        return (parsed.replace(tzinfo=reading) if parsed.tzinfo is None else parsed).astimezone(zone)
    except (ValueError, OverflowError):
        return None


def _joined(parts: list[Any]) -> str | None:
    return ", ".join(part for part in map(text, parts) if part) or None


def _status(word: Any, cancellation_reason: Any, table: CallTable) -> Status:
    # Only words are a reason: 0, false or a space would hide an appointment that stands, and it would be made again.
    if isinstance(cancellation_reason, str) and cancellation_reason.strip():
        return Status.CANCELLED
    if not isinstance(word, str):
        return Status.MISSING
    if any(same_word(word, known) for known in table.statuses.cancelled):
        return Status.CANCELLED
    if any(same_word(word, known) for known in table.statuses.checked_out):
        return Status.CHECKED_OUT
    return Status.OTHER
