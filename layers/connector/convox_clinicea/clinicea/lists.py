"""Lists of Clinicea, read page by page to their end: appointments, a day's entries, services, changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from convox_clinicea.clinicea.call_table import CallSpec, CallTable
from convox_clinicea.clinicea.calls import Endpoint
from convox_clinicea.clinicea.errors import UnexpectedAnswer
from convox_clinicea.clinicea.formats import same_word
from convox_clinicea.clinicea.models import Appointment, Status, appointment_from
from convox_clinicea.clinicea.responses import Record, fields, identifier, text
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.text import same_id

MAX_PAGES = 50
MOST_PAGES_OF_A_DAY = 1000
"""Of the calendar of all clinics, which Clinicea may cut to ten records a page; the deadline ends a longer reading."""
T = TypeVar("T")


def every_page(
    call: Endpoint,
    spec: CallSpec,
    ask: Callable[[Mapping[str, str]], list[Record]],
    read: Callable[[list[Record]], list[T]],
    key: Callable[[T], str],
    most: int = MAX_PAGES,
) -> list[T]:
    """Read pages until the last, which `last_page` of the call knows: an empty one, or one that is short.

    Clinicea may give fewer than were asked for, so that only an empty page is surely the last. A page that brings
    nothing new means that the paging is not understood, so that the reading is not complete.

    Args:
        ask: fetches the page that these arguments name.
        read: makes of a page's records what is wanted.
        key: what two of these are the same by.
        most: pages that are read.
    """
    seen: dict[str, T] = {}
    for page in range(1, most + 1):
        found = ask({} if spec.page_size is None else {"page": str(page), "page_size": str(spec.page_size)})
        items = read(found)
        if not items or spec.page_size is None:
            return [*seen.values(), *items]
        new = {each: item for item in items if (each := key(item)) not in seen}
        if not new:
            raise UnexpectedAnswer(call, detail="a page repeats the pages before it")
        seen.update(new)
        if spec.last_page == "short" and len(found) < spec.page_size:
            return [*seen.values()]
    raise UnexpectedAnswer(call, detail=f"more than {most} pages")


def all_read(call: Endpoint, read: Iterable[T | None]) -> list[T]:
    """A record that cannot be read is no reason to act as if it were not there."""
    complete = []
    for item in read:
        if item is None:
            raise UnexpectedAnswer(call, detail="a record without an id")
        complete.append(item)
    return complete


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


def may_be_of(patient_id: str, appointment: Appointment) -> bool:
    """Whether an appointment of that patient's list is theirs: it names them, or nobody."""
    return appointment.patient_id is None or same_id(appointment.patient_id, patient_id)


def is_unclear_visit(appointment: Appointment, now: datetime) -> bool:
    """Whether it may be a visit that is over, and has a status that only a person can judge."""
    return appointment.status is Status.UNCLEAR and (appointment.start is None or appointment.start < now)


def newest_first(appointments: Iterable[Appointment]) -> list[Appointment]:
    """Return appointments by their starts, those without one last."""
    return sorted(appointments, key=lambda each: each.start.timestamp() if each.start else 0.0, reverse=True)
