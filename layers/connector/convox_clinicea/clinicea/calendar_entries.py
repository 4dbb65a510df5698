"""A day's appointments with what tells whose they are: for the comparison of ledger and calendar."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from convox_clinicea.clinicea.answers import fields, text
from convox_clinicea.clinicea.call_table import CallTable
from convox_clinicea.clinicea.models import Appointment, appointment_from
from convox_clinicea.clinicea.registered import numbers_in
from convox_clinicea.clinics import Clinics
from convox_clinicea.normalization import normalized_name
from convox_clinicea.privacy import PersonalText

_MASKED = re.compile(r"[*#\u2022\u25cf]|x{3,}", re.IGNORECASE)


@dataclass(frozen=True)
class CalendarEntry:
    """An appointment as the list of a day shows it [live]; whether that list has the notes is assumed.

    Attributes:
        names: the patient's, whole and from its parts.
        mobile: the patient's, as it was typed; the country code stands elsewhere, or nowhere.
    """

    appointment: Appointment
    names: tuple[PersonalText, ...] = ()
    mobile: PersonalText | None = None
    notes: PersonalText | None = None

    @cached_property
    def shown_names(self) -> tuple[str, ...]:
        """The names of which no letters are masked: a masked one agrees with none, and differs from none."""
        return tuple(each.reveal() for each in self.names if _MASKED.search(each.reveal()) is None)

    @cached_property
    def words(self) -> frozenset[tuple[str, ...]]:
        """Each shown name as its words in no order, since family names come first or last; compared often."""
        return frozenset(tuple(sorted(normalized_name(name).split())) for name in self.shown_names)

    def numbers(self, country: str) -> frozenset[str]:
        """The numbers that the mobile's text may hold, in E.164; read once.

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
    """Read one record; None if it has no usable id."""
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
