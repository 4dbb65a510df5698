"""Matches patients and appointments to a number by the digits in their text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import phonenumbers

from convox_clinicea.clinicea.call_table import CallTable
from convox_clinicea.clinicea.models import Appointment, Patient, appointment_from
from convox_clinicea.clinicea.responses import fields, text
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.mobile import InvalidMobile, Mobile, parse_country_code, parse_mobile
from convox_clinicea.privacy import PersonalText
from convox_clinicea.text import each_once, normalized, normalized_name, plain_digits

_RUN = re.compile(r"[0-9][0-9 ().-]*")
_UNREADABLE = re.compile(r"[x*#•●·]{2,}|[0-9][x*#•●][0-9]|[0-9]e[+]?[0-9]")
"""Masked digits, and a spreadsheet's rounded number (`9.99E+09`)."""
_CODE_BEFORE = re.compile(r"[+][0-9]{1,3}[ ().-]*$")
"""Signs that a number is only the end of another one: `+44 9999900041` is invalid as a whole."""
_SHORTEST, _LONGEST = 7, 15
"""Smallest number of digits of a usable number, and E.164's largest."""
_LONGEST_TEXT = 200


def registered_with(found: Iterable[Patient], mobile: Mobile) -> list[Patient]:
    """Return the patients of a search's answer, each once, without those that have only other numbers than `mobile`.

    Clinicea does not publish how it matches, so a record with only other numbers is left out. A record without a
    readable number (blank, masked for the API role, a remark) is kept, because it was found by this number.
    """
    return each_once((one for one in found if may_have(one, mobile)), lambda patient: patient.patient_id)


def may_have(patient: Patient, mobile: Mobile) -> bool:
    """Return whether a record that was found by `mobile` may belong to a person with that number.

    Numbers are stored as typed: several in one field, with remarks, in other scripts' digits, or as a spreadsheet's
    decimal number. Country code and number are two fields [live].
    """
    if patient.mobile is None:
        return True
    text = _plain(patient.mobile.reveal())[:_LONGEST_TEXT]
    code = _country_code(patient.country_code)
    numbers = _matched(text, phonenumbers.region_code_for_country_code(int(code or mobile.country_code)))
    if (mobile.country_code, mobile.national_number) in numbers:
        return True
    runs = [_digits(run) for run in _RUN.findall(text)]
    ours = {mobile.country_code + mobile.national_number}
    if code in (None, mobile.country_code):
        ours.add(_digits(mobile.national_number))
    if ours.intersection(runs):
        return True
    if numbers:
        return False
    return _UNREADABLE.search(text) is not None or not any(_SHORTEST <= len(run) <= _LONGEST for run in runs)


def numbers_in(text: str, country: str) -> tuple[Mobile, ...]:
    """Return the possible numbers in a stored text; empty if none is readable.

    Args:
        country: ISO 3166 code of the country that numbers without a dialling code belong to.
    """
    plain = _plain(text)[:_LONGEST_TEXT]
    written = [f"+{code}{national}" for code, national in sorted(_matched(plain, country))]
    for run in map(_digits, _RUN.findall(plain)):
        written += [run, f"+{run}"] if _SHORTEST <= len(run) <= _LONGEST else []
    found = {number.reveal(): number for number in (_read(each, country) for each in written) if number}
    return tuple(found.values())


def _matched(text: str, region: str) -> set[tuple[str, str]]:
    """Return the country codes and national numbers in a text."""
    return {
        (str(match.number.country_code), phonenumbers.national_significant_number(match.number))
        for match in phonenumbers.PhoneNumberMatcher(text, region)
        if _CODE_BEFORE.search(text[: match.start]) is None
    }


def _read(written: str, country: str) -> Mobile | None:
    try:
        return parse_mobile(written, default_country=country)
    except InvalidMobile:
        return None


def _plain(text: str) -> str:
    """Return a text without invisible characters, with the digits of any script as 0 to 9."""
    return plain_digits(normalized(text))


def _digits(text: str) -> str:
    """Return the digits of a text without leading zeros."""
    return re.sub(r"[^0-9]", "", text).lstrip("0")


def _country_code(written: str | None) -> str | None:
    """Return the dialling code of a record; None if it is missing or unreadable."""
    try:
        return parse_country_code(_digits(_plain(written or "")))
    except InvalidMobile:
        return None


_MASKED = re.compile(r"[*#\u2022\u25cf]|x{3,}", re.IGNORECASE)


@dataclass(frozen=True)
class CalendarEntry:
    """An appointment in the list of a day [live]; that the list has the notes is assumed.

    Attributes:
        names: the patient's full name, and its joined parts.
        mobile: the patient's mobile as typed; the country code is in another field or missing.
    """

    appointment: Appointment
    names: tuple[PersonalText, ...] = ()
    mobile: PersonalText | None = None
    notes: PersonalText | None = None

    @cached_property
    def shown_names(self) -> tuple[str, ...]:
        """The names without masked letters; a masked name can be neither matched nor excluded."""
        return tuple(each.reveal() for each in self.names if _MASKED.search(each.reveal()) is None)

    @cached_property
    def words(self) -> frozenset[tuple[str, ...]]:
        """Each shown name as its sorted words, since family names come first or last; cached."""
        return frozenset(tuple(sorted(normalized_name(name).split())) for name in self.shown_names)

    def numbers(self, country: str) -> frozenset[str]:
        """Return the possible numbers in the mobile's text, in E.164; cached.

        Args:
            country: ISO 3166 code of the country that numbers without a dialling code belong to.
        """
        if country not in self._numbers:
            found = () if self.mobile is None else numbers_in(self.mobile.reveal(), country)
            self._numbers[country] = frozenset(each.reveal() for each in found)
        return self._numbers[country]

    @cached_property
    def _numbers(self) -> dict[str, frozenset[str]]:
        return {}


def entry_from(record: Mapping[str, Any], table: CallTable, clinics: Clinics) -> CalendarEntry | None:
    """Parse one record; None if it has no usable id."""
    appointment = appointment_from(record, table, clinics)
    if appointment is None:
        return None
    found = fields(record, table.appointment_fields)
    told = {name: _personal(found.get(name, [])) for name in _PERSONAL}
    first, last = told["patient_first_name"], told["patient_last_name"]
    parts = PersonalText(f"{first.reveal()} {last.reveal()}") if first and last else None
    names = tuple(name for name in (told["patient_name"], parts) if name is not None)
    return CalendarEntry(appointment, names, told["patient_mobile"], told["notes"])


_PERSONAL = ("patient_name", "patient_first_name", "patient_last_name", "patient_mobile", "notes")


def _personal(given: list[Any]) -> PersonalText | None:
    written = next(filter(None, map(text, given)), None)
    return None if written is None else PersonalText(written)
