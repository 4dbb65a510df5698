"""Services and changes, as Clinicea lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from convox_clinicea.clinicea.answers import fields, identifier, text
from convox_clinicea.clinicea.call_table import CallTable
from convox_clinicea.clinicea.models import Appointment, appointment_from
from convox_clinicea.clinicea.statuses import same_word
from convox_clinicea.clinics import Clinics


class Service(BaseModel):
    """A service of a clinic [code]. `minutes` is its length, which an appointment follows [assumed]."""

    model_config = ConfigDict(defer_build=True, frozen=True, hide_input_in_errors=True)

    service_id: Annotated[str, BeforeValidator(identifier)]
    name: Annotated[str | None, BeforeValidator(text)] = None
    price: Annotated[str | None, BeforeValidator(text)] = None
    minutes: int | None = None


class Change(BaseModel):
    """An appointment that was made, changed or deleted [live].

    `kind` is Clinicea's word, Added, Modified or Deleted. An appointment edited soon after it was made is Modified
    already [live]: the word does not tell whether it is new to us.
    """

    model_config = ConfigDict(frozen=True)

    appointment: Appointment
    kind: str | None
    deleted: bool


def service_from(record: Mapping[str, Any], table: CallTable) -> Service | None:
    """Read one service record; None if it has no usable id."""
    found = fields(record, table.service_fields)
    values: dict[str, Any] = {name: texts[0] for name, texts in found.items() if texts}
    minutes = text(values.pop("minutes", None))
    values["minutes"] = int(minutes) if minutes and minutes.isascii() and minutes.isdigit() else None
    try:
        return Service(**{name: value for name, value in values.items() if name in Service.model_fields})
    except ValidationError:
        return None


def change_from(record: Mapping[str, Any], table: CallTable, clinics: Clinics) -> Change | None:
    """Read one record of the changes; None if it has no usable id."""
    appointment = appointment_from(record, table, clinics)
    if appointment is None:
        return None
    found = fields(record, table.change_fields)
    kind = next((text(word) for word in found.get("kind", [])), None)
    flags = [flag for flag in found.get("deleted", []) if flag is True or str(flag).casefold() == "true"]
    return Change(appointment=appointment, kind=kind, deleted=bool(flags) or same_word(kind or "", "Deleted"))
