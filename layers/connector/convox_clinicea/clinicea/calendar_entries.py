"""A day's appointments with what tells whose they are: for the comparison of ledger and calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from convox_clinicea.clinicea.answers import fields, text
from convox_clinicea.clinicea.call_table import CallTable
from convox_clinicea.clinicea.models import Appointment, appointment_from
from convox_clinicea.clinics import Clinics
from convox_clinicea.normalization import normalized_name
from convox_clinicea.privacy import PersonalText


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
    def words(self) -> frozenset[tuple[str, ...]]:
        """Each name as its words in no order, since family names come first or last; made once, compared often."""
        return frozenset(tuple(sorted(normalized_name(name.reveal()).split())) for name in self.names)


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
