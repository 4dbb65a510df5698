"""Canonical names of ConVox's fields, and the types of request fields with their limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, NamedTuple, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema, core_schema

from convox_clinicea import new_patient, privacy
from convox_clinicea.errors import raise_alone
from convox_clinicea.privacy import GivenBy, PersonalDate, PersonalGender, PersonalText
from convox_clinicea.text import LOST, can_be_read, harmless, is_unset_id, may_be_an_id, normalized, seen, trimmed

CALLER_NAME = r"[a-z0-9][a-z0-9_-]{0,31}"
CallerName = Annotated[str, StringConstraints(pattern=f"^{CALLER_NAME}$")]


class MomentParts(NamedTuple):
    """Canonical names of the parts of a moment; ConVox's forms have a field for each [1x]."""

    date: str
    time: str
    hours: str
    minutes: str
    half: str
    """AM or PM, if a form has a field for it."""


MOMENT_PARTS = {
    "start": MomentParts("start_date", "start_time", "start_hours", "start_minutes", "start_am_pm"),
    "follow_up": MomentParts(
        "follow_up_date", "follow_up_time", "follow_up_hours", "follow_up_minutes", "follow_up_am_pm"
    ),
    "called_at": MomentParts("call_date", "call_time", "call_hour", "call_minute", "call_am_pm"),
}
MOMENTS = frozenset({*MOMENT_PARTS, "consent.at", "recorded_at"})
DATES = new_patient.DATES
DURATIONS = frozenset({"duration_minutes"})
DISPOSITIONS = frozenset({"disposition", "disposition_2", "disposition_3"})
TEXTS = new_patient.TEXTS | DISPOSITIONS | {"service", "notes", "remarks"}
"""Typed text, in which programs send HTML entities."""
NOT_CHOSEN = re.compile(r"-?0+(?:\.0+)?|-1(?:\.0+)?", re.ASCII)
IDS = frozenset({"patient_id", "clinic_id", "practitioner_id"})
"""Clinicea's ids."""
CHOSEN = IDS | DURATIONS | DATES | new_patient.CHOICES
"""Values chosen from a list or found; 0 means none."""
_ROUND_AN_ID = " \"'<>(){}[],;"
_NO_ID = frozenset(
    {
        "null",
        "none",
        "nil",
        "n/a",
        "na",
        "nan",
        "undefined",
        "unknown",
        "false",
        "no",
        "new",
        "new patient",
        "not found",
    }
)


def stands_for_no_id(text: str) -> bool:
    """Return whether a text is a placeholder for a missing id, in any case, with or without brackets.

    As an id it would turn a new patient's request into one for an unknown registered patient.
    """
    bare = text.strip(_ROUND_AN_ID)
    return not bare or bare.casefold() in _NO_ID or is_unset_id(bare)


_PIECES = (name for parts in MOMENT_PARTS.values() for name in parts)
_CALL = ("call_id", "agent_id", "mobile", "country_code", "process", "queue", "lead_id", "did", "call_type")
_AFTER = ("call_status", "disposition", "disposition_2", "disposition_3", "remarks")
_BOOKING = ("patient_id", "clinic_id", "practitioner_id", "service", "notes", "limit")
_CONSENT = ("consent.given", "consent.text_version", "consent.given_by")

CANONICAL = frozenset((*_CALL, *_AFTER, *_BOOKING, *new_patient.RULES, *_CONSENT, *MOMENTS, *_PIECES, *DURATIONS))
"""A dot means nesting: `consent.given` may come as `{"consent": {"given": …}}`."""
GROUPS = frozenset(name.split(".")[0] for name in CANONICAL if "." in name)


_OLDEST_BIRTH = date(1900, 1, 1)
LONGEST_ID = 64
LONGEST_SERVICE = 100
LONGEST_NOTES = 500
MOST_UNSEEN = 4
"""Factor for the length before normalization: invisible and combining characters count there."""


@dataclass(frozen=True, eq=False)
class _Checked:
    """A check before pydantic's own, with its schema for the OpenAPI document."""

    check: Callable[[Any], Any]
    documented: dict[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), **self.documented}


def _text(
    longest: int, *, lines: bool = False, kept: bool = False, ends: bool = True, for_clinicea: bool = False
) -> _Checked:
    """Return a check for text of 1 to `longest` visible characters; unquoted numbers count as text.

    Args:
        lines: whether line ends are kept.
        kept: whether it is stored on a person's record, so that lost characters must be refused.
        ends: whether blanks at its ends are removed.
        for_clinicea: whether Clinicea's pages and the clinic's spreadsheets will show it.
    """

    def check(value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise ValueError("must be text")
        if len(value) > MOST_UNSEEN * longest:  # before composition, which takes quadratic time for a run of marks
            raise ValueError(f"must have at most {longest} characters")
        text = seen(value, lines=lines)
        text = trimmed(text) if ends else text
        if not text.strip():
            raise ValueError("must not be blank")
        if len(text) > longest:
            raise ValueError(f"must have at most {longest} characters")
        if kept and LOST in text:
            raise ValueError("has an undecodable character; send UTF-8")
        if kept and not can_be_read(text):
            raise ValueError("must have a letter or a digit")
        return harmless(text) if for_clinicea else text

    return _Checked(check, {"minLength": 1, "maxLength": longest})


def _id() -> _Checked:
    """Return a check for an id of 1 to 64 characters, unchanged except for its ends: invisible characters count."""

    def check(value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise ValueError("must be text")
        text = trimmed(value)
        if not text:
            raise ValueError("must not be blank")
        if len(text) > LONGEST_ID:
            raise ValueError(f"must have at most {LONGEST_ID} characters")
        return text

    return _Checked(check, {"minLength": 1, "maxLength": LONGEST_ID})


def _form(pattern: str, message: str) -> _Checked:
    """Return a check for text that matches `pattern` as a whole; `message` says what it must be."""

    def check(value: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
            raise ValueError(message)
        return value

    return _Checked(check, {"pattern": f"^{pattern}$"})


def _patient_id(text: str) -> str:
    if not may_be_an_id(text):
        raise ValueError(f"must be 1 to {LONGEST_ID} visible characters, at least one of them a letter or digit")
    if stands_for_no_id(text):
        raise ValueError("must be a patient's id; this value is a placeholder")
    return text


def _birth_date(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("must be a date YYYY-MM-DD")
    try:
        born = date.fromisoformat(value)
    except ValueError:
        raise_alone(ValueError("must be a date that exists"))
    # In some time zone it is already tomorrow.
    if not _OLDEST_BIRTH <= born <= datetime.now(UTC).date() + timedelta(days=1):
        raise ValueError("must be since 1900 and not in the future")
    return born


def _gender(value: Any) -> Any:
    if value not in get_args(privacy.Gender):
        raise ValueError("must be male, female or other, or a known synonym")
    return value


def _given_by(value: Any) -> Any:
    word = normalized(value) if isinstance(value, str) else ""
    if word not in _GIVERS:
        raise ValueError("must be self, parent or guardian")
    return _GIVERS[word]


def _told(value: Any) -> bool:
    """Check a boolean strictly; the dialect decides which words mean yes."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false, or a known synonym")
    return value


def _trimmed(value: Any) -> Any:
    return trimmed(value) if isinstance(value, str) else value


def is_reference(value: Any) -> bool:
    """Return whether a value may be the id of a call or an agent."""
    return isinstance(value, str | int) and not isinstance(value, bool) and 0 < len(trimmed(str(value))) <= 128


_Trim = BeforeValidator(_trimmed)
_SIGNS = r"[A-Za-z0-9_.:-]"

Reference = Annotated[str, _text(128)]
"""An id of ConVox's, of a call or an agent."""
PatientId = Annotated[str, AfterValidator(_patient_id), _id()]
"""An id of Clinicea's, as the search returns it, of any visible characters."""
OwnId = Annotated[str, _form(_SIGNS + "{1,64}", "must be 1 to 64 of A-Z a-z 0-9 _ . : -"), _id()]
"""An id that the clinic gave in Clinicea: clinic or practitioner."""
WrittenMobile = Annotated[PersonalText, _text(60, ends=False)]
CountryCode = Annotated[str, _text(5)]
Name = Annotated[PersonalText, _text(100, kept=True, for_clinicea=True)]
Service = Annotated[PersonalText, _text(LONGEST_SERVICE, for_clinicea=True)]
Notes = Annotated[PersonalText, _text(LONGEST_NOTES, lines=True, for_clinicea=True)]
_ADDRESS = r"[!-?A-~]+@[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+"
Email = Annotated[PersonalText, _form(_ADDRESS, "must be an e-mail address"), _text(254, kept=True)]
BirthDate = Annotated[PersonalDate, _Checked(_birth_date, {"format": "date"}), _Trim]
Gender = Annotated[PersonalGender, _Checked(_gender, {"enum": list(get_args(privacy.Gender))}), _Trim]
LIMITS: Mapping[new_patient.Limits, Any] = {"name": Name, "gender": Gender, "birth_date": BirthDate, "email": Email}
"""The types of a new patient's fields, with their checks."""
Given = Annotated[bool, BeforeValidator(_told)]
_GIVERS: dict[str, GivenBy] = {
    "self": "self",
    "patient": "self",
    "parent": "parent",
    "father": "parent",
    "mother": "parent",
    "guardian": "guardian",
}
WhoGave = Annotated[GivenBy, BeforeValidator(_given_by)]
_MOMENT = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)
Start = Annotated[str, _form(_MOMENT, "must be ISO 8601, such as 2026-12-01T15:00:00"), _text(80)]
DurationMinutes = Annotated[int, Field(ge=5, le=480)]
Limit = Annotated[int, Field(ge=1, le=50)]


def of_a_new_patient() -> dict[str, tuple[Any, Any]]:
    """Return a new patient's fields with limits and defaults, for `pydantic.create_model`."""
    types = {name: LIMITS[rules.limits] for name, rules in new_patient.RULES.items()}
    optional = new_patient.OPTIONAL
    return {name: (kind | None, None) if name in optional else (kind, ...) for name, kind in types.items()}
