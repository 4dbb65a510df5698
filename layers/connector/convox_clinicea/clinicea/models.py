"""Patients and appointments from Clinicea's records, under our names.

The models tolerate what Clinicea is known to send: one field under several names, unset dates in several forms, status
words in several spellings, unknown fields. Unreadable values become None, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, tzinfo
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from convox_clinicea.clinicea.call_table import CallTable
from convox_clinicea.clinicea.formats import instants_of, is_placeholder, zone_of
from convox_clinicea.clinicea.responses import fields, identifier, text
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.privacy import PersonalDate, PersonalText

T = TypeVar("T")
_UNSET_BEFORE, _UNSET_FROM = 1901, 9999
"""Years of unset dates: .NET's 0001 [code]; SQL Server's 1753, 1899, 1900 and 9999 [assumed]."""
_YES = frozenset({"true", "1", "yes", "y"})
_GENDERS = {"m": "Male", "f": "Female"}  # both forms occur [code]

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
    middle_name: PersonalField = None
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
        """The full name of Clinicea, else its parts joined."""
        return self.name or self._name_of_parts

    @property
    def names(self) -> tuple[PersonalText, ...]:
        """The patient's names: the full name may have a title that the joined parts lack."""
        whole = self.first_name is not None and self.last_name is not None
        return tuple(name for name in (self.full_name, self._name_of_parts if whole else None) if name is not None)

    @property
    def _name_of_parts(self) -> PersonalText | None:
        parts = [part.reveal() for part in (self.first_name, self.middle_name, self.last_name) if part is not None]
        return PersonalText(" ".join(parts)) if parts else None


class Status(StrEnum):
    """Meaning of an appointment's status."""

    CHECKED_OUT = "checked_out"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    STANDING = "standing"
    UNCLEAR = "unclear"
    """An unknown word, or one that a flag contradicts: a person must check."""
    MISSING = "missing"
    """The answer has no status."""

    @property
    def stands(self) -> bool:
        """Whether the appointment is certainly uncancelled. A list without statuses has uncancelled ones only."""
        return self in (Status.CHECKED_OUT, Status.STANDING, Status.MISSING)


class Appointment(_Record):
    """An appointment in Clinicea's calendar; times are aware, in the clinic's zone."""

    appointment_id: Annotated[str, BeforeValidator(identifier)]
    patient_id: Identifier = None
    start: datetime | None = None
    """The start; the earlier one if its wall-clock time occurs twice."""
    other_start: datetime | None = None
    """The later possible start in UTC, if the wall-clock time occurs twice: Clinicea sends no offset."""
    end: datetime | None = None
    status: Status = Status.MISSING
    status_word: PersonalField = None
    """As in Clinicea; free text may name a person."""
    service: PersonalField = None
    practitioner: Text = None
    practitioner_id: Identifier = None
    clinic_id: Identifier = None
    clinic_name: Text = None
    clinic_address: Text = None

    @property
    def starts(self) -> frozenset[datetime]:
        """The possible instants in UTC of the start; empty if there is no start.

        Compare times by these: in Python, a wall-clock time that occurs twice equals no time of another zone.
        """
        return frozenset(each.astimezone(UTC) for each in (self.start, self.other_start) if each is not None)


class CreatedAppointment(_Record):
    """Result of a successful POST."""

    appointment_id: str
    patient_id: str | None
    shown: bool
    """Whether the answer had the sent patient and start; a bare id has neither."""


def patient_from(record: Mapping[str, Any], table: CallTable, zone: ZoneInfo) -> Patient | None:
    """Parse one patient record; None if it has no usable id.

    Args:
        zone: the deployment's zone, in which an instant is converted to a date.
    """
    found = fields(record, table.patient_fields)
    values: dict[str, Any] = {name: _first(given, text) for name, given in found.items()}
    values["patient_id"] = _first(found.get("patient_id", []), identifier)
    values["address"] = _joined(found.get("address", []))
    if values.get("gender") is not None:
        values["gender"] = _GENDERS.get(values["gender"].strip(". ").casefold(), values["gender"])
    values["date_of_birth"] = PersonalDate.wrap(_first(found.get("date_of_birth", []), lambda each: day_of(each, zone)))
    reading = zone_of(table.times.reading_zone, zone)
    last = _first(found.get("last_visit", []), lambda each: _day_of_visit(each, zone, reading))
    values["last_visit"] = PersonalDate.wrap(last)
    try:
        return Patient(**{name: value for name, value in values.items() if name in Patient.model_fields})
    except ValidationError:
        return None


def appointment_from(record: Mapping[str, Any], table: CallTable, clinics: Clinics) -> Appointment | None:
    """Parse one appointment record; None if it has no usable id."""
    found = fields(record, table.appointment_fields)
    values: dict[str, Any] = {
        name: _first(given, identifier if name.endswith("_id") else text) for name, given in found.items()
    }
    zone = clinics.zone(values.get("clinic_id"))
    if values.get("practitioner") is None:
        parts = [values.get(f"practitioner_{part}") for part in ("title", "first_name", "last_name")]
        # A title alone is not a name.
        values["practitioner"] = " ".join(part for part in parts if part) if any(parts[1:]) else None
    values["clinic_address"] = _joined(found.get("clinic_address", []))
    reading = zone_of(table.times.reading_zone, zone)
    values["start"] = _first(found.get("start", []), lambda each: parse_time(each, zone, reading))
    values["other_start"] = _first(found.get("start", []), lambda each: _second_of_two(each, zone, reading))
    values["end"] = _first(found.get("end", []), lambda each: parse_time(each, zone, reading))
    values["status_word"] = values.pop("status", None)
    values["status"] = _status(values["status_word"], found, table)
    try:
        return Appointment(**{name: value for name, value in values.items() if name in Appointment.model_fields})
    except ValidationError:
        return None


def parse_time(value: Any, zone: ZoneInfo, reading: tzinfo | None = None) -> datetime | None:
    """Parse a time of Clinicea, rarely with an offset; None if it is unset or unreadable.

    Args:
        zone: the clinic's zone, in which the time is returned.
        reading: the zone of times without an offset, if it is not the clinic's.
    """
    parsed = _written_time(value)
    if parsed is None:
        return None
    if parsed.tzinfo is None and reading in (None, zone):
        return parsed.replace(tzinfo=zone)
    try:
        return (parsed.replace(tzinfo=reading) if parsed.tzinfo is None else parsed).astimezone(zone)
    except (ValueError, OverflowError):
        return None


def _second_of_two(value: Any, zone: ZoneInfo, reading: tzinfo) -> datetime | None:
    """Return the later instant of an answer's time in UTC if it occurs twice, else None."""
    first = parse_time(value, zone, reading)
    others = set() if first is None else instants_of(_written_time(value) or first, reading) - {first.astimezone(UTC)}
    return next(iter(others), None)


def day_of(value: Any, zone: ZoneInfo) -> date | None:
    """Parse a date of Clinicea, which is sent as a midnight; None if the day is uncertain.

    With an offset, it may be midnight in the text (`1988-04-17T00:00:00Z`) or at the clinic, written in UTC
    (`1988-04-16T18:30:00Z` is the 17th in India) [assumed]. Any other instant has no certain day.
    """
    parsed = _written_time(value)
    if parsed is None or parsed.tzinfo is None or parsed.time() == time():
        return None if parsed is None else parsed.date()
    local = parse_time(value, zone)
    return local.date() if local is not None and local.time() == time() else None


def _day_of_visit(value: Any, zone: ZoneInfo, reading: tzinfo) -> date | None:
    """Return a visit's day at the clinic; a date without a time is the same in every zone."""
    visit = parse_time(value, zone, reading if "T" in str(value) else None)
    return None if visit is None else visit.date()


def _written_time(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return parsed if _UNSET_BEFORE <= parsed.year < _UNSET_FROM else None


def _first(given: list[Any], read: Callable[[Any], T | None]) -> T | None:
    """Return the first readable value; `ID: 0` with a valid `PatientID` is skipped."""
    return next((value for value in map(read, given) if value is not None), None)


def _joined(parts: list[Any]) -> str | None:
    return ", ".join(part for part in map(text, parts) if part) or None


def _status(word: str | None, found: Mapping[str, list[Any]], table: CallTable) -> Status:
    """Return the status from flags, then from the word. A reason counts only if there is no word.

    Reasons are free text: `-` or `NA` with `Confirmed` cancels nothing. An appointment that is wrongly taken as
    cancelled would be made twice.
    """
    if any(map(_is_set, found.get("cancelled", []))):
        return Status.CANCELLED
    if word is None or is_placeholder(word):
        status = Status.CANCELLED if any(map(_is_reason, found.get("cancellation_reason", []))) else Status.MISSING
    else:
        meaning = table.statuses.meaning(word)
        status = Status.UNCLEAR if meaning is None else Status(meaning)
    inactive = any(map(_is_set, found.get("inactive", [])))
    return Status.UNCLEAR if inactive and status is not Status.CANCELLED else status


def _is_set(flag: Any) -> bool:
    return str(flag).strip().casefold() in _YES if isinstance(flag, bool | int | str) else False


def _is_reason(value: Any) -> bool:
    return isinstance(value, str) and not is_placeholder(value)
