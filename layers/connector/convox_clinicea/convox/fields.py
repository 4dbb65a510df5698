"""The kinds of fields that requests have, with their limits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from convox_clinicea import privacy
from convox_clinicea.errors import raise_alone
from convox_clinicea.privacy import PersonalDate, PersonalGender, PersonalText

_FORBIDDEN = frozenset({"Cc", "Cs", "Cn"})
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what follows, so that a name reads otherwise than it is."""
_OLDEST_BIRTH = date(1900, 1, 1)


@dataclass(frozen=True, eq=False)
class _Checked:
    """A check before pydantic's own, and what the contract's OpenAPI document says of it."""

    check: Callable[[Any], Any]
    documented: dict[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), **self.documented}


def _text(longest: int, *, lines: bool = False) -> _Checked:
    """Text of 1 to `longest` characters without control characters; numbers without quotes count as text."""

    def check(value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise ValueError("must be text")
        text = unicodedata.normalize("NFC", value.strip("\r\n\t ") if lines else value)
        if not text.strip():
            raise ValueError("must not be blank")
        if len(text) > longest:
            raise ValueError(f"must have at most {longest} characters")
        if any(
            (unicodedata.category(c) in _FORBIDDEN or c in _TURNING) and not (lines and c in "\r\n\t") for c in text
        ):
            raise ValueError("must not contain control characters")
        return text

    return _Checked(check, {"minLength": 1, "maxLength": longest})


def _form(pattern: str, message: str) -> _Checked:
    """Text that matches `pattern` as a whole; `message` says what it must be."""

    def check(value: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
            raise ValueError(message)
        return value

    return _Checked(check, {"pattern": f"^{pattern}$"})


def _stripped(value: Any) -> Any:
    return value.strip(" ") if isinstance(value, str) else value


def _birth_date(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("must be a date YYYY-MM-DD")
    try:
        born = date.fromisoformat(value)
    except ValueError:
        raise_alone(ValueError("must be a date that exists"))
    # Somewhere it is tomorrow already.
    if not _OLDEST_BIRTH <= born <= datetime.now(UTC).date() + timedelta(days=1):
        raise ValueError("must be since 1900 and not in the future")
    return born


def _gender(value: Any) -> Any:
    if value not in get_args(privacy.Gender):
        raise ValueError("must be male, female or other, or one of the words for them")
    return value


def _told(value: Any) -> bool:
    """No leniency here: which words mean yes is the dialect's to say."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false, or one of the words for them")
    return value


Strip = BeforeValidator(_stripped)

Reference = Annotated[str, _text(128), Strip]
"""An id of ConVox's: call or agent."""
PatientId = Annotated[str, _form(r"[A-Za-z0-9_-]{1,64}", "must be 1 to 64 of A-Z a-z 0-9 _ -"), _text(64)]
OwnId = Annotated[str, _form(r"[A-Za-z0-9_.:-]{1,64}", "must be 1 to 64 of A-Z a-z 0-9 _ . : -"), _text(64), Strip]
"""An id that the clinic gave in Clinicea: clinic or practitioner."""
WrittenMobile = Annotated[PersonalText, _text(40)]
CountryCode = Annotated[str, _text(5)]
Name = Annotated[PersonalText, _text(100), Strip]
Service = Annotated[PersonalText, _text(100), Strip]
Notes = Annotated[PersonalText, _text(500, lines=True)]
_ADDRESS = r"[!-?A-~]+@[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+"
Email = Annotated[PersonalText, _form(_ADDRESS, "must be an e-mail address"), _text(254), Strip]
BirthDate = Annotated[PersonalDate, _Checked(_birth_date, {"format": "date"}), Strip]
Gender = Annotated[PersonalGender, _Checked(_gender, {"enum": list(get_args(privacy.Gender))}), Strip]
Given = Annotated[bool, BeforeValidator(_told)]
_MOMENT = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)
Start = Annotated[str, _form(_MOMENT, "must be ISO 8601, such as 2026-12-01T15:00:00"), _text(40), Strip]
DurationMinutes = Annotated[int, Field(ge=5, le=480)]
Limit = Annotated[int, Field(ge=1, le=50)]
