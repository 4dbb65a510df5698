"""Complete lists of Clinicea, read page by page: appointments, a day's entries, services, changes."""

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
"""Pages of all clinics' calendar, which may have ten records each; the deadline ends a longer reading."""
T = TypeVar("T")


def every_page(
    call: Endpoint,
    spec: CallSpec,
    ask: Callable[[Mapping[str, str]], list[Record]],
    read: Callable[[list[Record]], list[T]],
    key: Callable[[T], str],
    most: int = MAX_PAGES,
) -> list[T]:
    """Read all pages; `last_page` of the call says whether a short or an empty page is the last.

    Clinicea may return fewer records than requested, so only an empty page is certainly the last. A page without new
    records means that paging works differently, so the reading is incomplete.

    Args:
        ask: fetches the page with these arguments.
        read: parses a page's records.
        key: returns the identity of a parsed record.
        most: largest number of pages.
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
    """Return the parsed records; fail if any record is unreadable, and never skip one."""
    complete = []
    for item in read:
        if item is None:
            raise UnexpectedAnswer(call, detail="a record without an id")
        complete.append(item)
    return complete


class Service(BaseModel):
    """A service of a clinic [code]. `minutes` is its duration, which an appointment has, too [assumed]."""

    model_config = ConfigDict(defer_build=True, frozen=True, hide_input_in_errors=True)

    service_id: Annotated[str, BeforeValidator(identifier)]
    name: Annotated[str | None, BeforeValidator(text)] = None
    price: Annotated[str | None, BeforeValidator(text)] = None
    minutes: int | None = None


class Change(BaseModel):
    """An appointment that was created, changed or deleted [live].

    `kind` is Clinicea's word: Added, Modified or Deleted. A new appointment that was edited soon is Modified already
    [live], so the word does not show whether it is new to us.
    """

    model_config = ConfigDict(frozen=True)

    appointment: Appointment
    kind: str | None
    deleted: bool


def service_from(record: Mapping[str, Any], table: CallTable) -> Service | None:
    """Parse one service record; None if it has no usable id."""
    found = fields(record, table.service_fields)
    values: dict[str, Any] = {name: texts[0] for name, texts in found.items() if texts}
    minutes = text(values.pop("minutes", None))
    values["minutes"] = int(minutes) if minutes and minutes.isascii() and minutes.isdigit() else None
    try:
        return Service(**{name: value for name, value in values.items() if name in Service.model_fields})
    except ValidationError:
        return None


def change_from(record: Mapping[str, Any], table: CallTable, clinics: Clinics) -> Change | None:
    """Parse one record of the changes; None if it has no usable id."""
    appointment = appointment_from(record, table, clinics)
    if appointment is None:
        return None
    found = fields(record, table.change_fields)
    kind = next((text(word) for word in found.get("kind", [])), None)
    flags = [flag for flag in found.get("deleted", []) if flag is True or str(flag).casefold() == "true"]
    return Change(appointment=appointment, kind=kind, deleted=bool(flags) or same_word(kind or "", "Deleted"))


def may_be_of(patient_id: str, appointment: Appointment) -> bool:
    """Return whether an appointment in a patient's list is theirs: it names this patient or none."""
    return appointment.patient_id is None or same_id(appointment.patient_id, patient_id)


def is_unclear_visit(appointment: Appointment, now: datetime) -> bool:
    """Return whether an appointment may be a past visit with a status that only a person can judge."""
    return appointment.status is Status.UNCLEAR and (appointment.start is None or appointment.start < now)


def newest_first(appointments: Iterable[Appointment]) -> list[Appointment]:
    """Return appointments by start, newest first, those without a start last."""
    return sorted(appointments, key=lambda each: each.start.timestamp() if each.start else 0.0, reverse=True)
