"""The status callback as it arrives: what every one tells, and what a person needs of one that cannot be booked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, GetCoreSchemaHandler
from pydantic_core import core_schema

from convox_clinicea.convox import fields
from convox_clinicea.convox.requests.call import WithCall
from convox_clinicea.normalization import normalized
from convox_clinicea.privacy import Personal, PersonalText
from convox_clinicea.sealing import MAX_BYTES

LONGEST_KEPT_VALUE = 1000


def _disposition(value: Any) -> Any:
    """A word of the call centre's own list; what is none is passed over, never a reason to refuse the callback."""
    return value if isinstance(value, str) and normalized(value) else None


Disposition = Annotated[str | None, BeforeValidator(_disposition)]


class Unread(Personal[Any]):
    """A value as it came, whatever it is."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return cls._wrapped(core_schema.any_schema(), cls)


class StatusRequest(WithCall):
    """`POST /calls/status`: what every callback tells. Whether it asks for an appointment is read from this alone."""

    call_id: fields.Reference
    disposition: Disposition = None
    disposition_2: Disposition = None
    disposition_3: Disposition = None
    recorded_at: Unread | None = None
    patient_id: Unread | None = None

    def dispositions(self) -> Iterator[str]:
        """Yield what the agent chose, the first one first."""
        yield from filter(None, (self.disposition, self.disposition_2, self.disposition_3))


class Kept(WithCall):
    """What a person needs of a callback that cannot be booked, the most needed first; the caller's dialect named it."""

    mobile: Unread | None = None
    country_code: Unread | None = None
    patient_id: Unread | None = None
    first_name: Unread | None = None
    last_name: Unread | None = None
    clinic_id: Unread | None = None
    start: Unread | None = None
    practitioner_id: Unread | None = None
    service: Unread | None = None
    duration_minutes: Unread | None = None
    date_of_birth: Unread | None = None
    gender: Unread | None = None
    email: Unread | None = None
    consent: Unread | None = None
    notes: Unread | None = None

    def for_a_person(self) -> PersonalText:
        """Return as much of it as can be encrypted at once, as JSON."""
        document: dict[str, Any] = {}
        kept = "{}"
        for name in type(self).model_fields:
            value = getattr(self, name)
            if not isinstance(value, Unread):
                continue
            said = value.reveal()
            wider = {**document, name: said[:LONGEST_KEPT_VALUE] if isinstance(said, str) else said}
            text = _as_json(wider)
            if len(text.encode()) <= MAX_BYTES:
                document, kept = wider, text
        return PersonalText(kept)


def _as_json(document: dict[str, Any]) -> str:
    """Return JSON that can be encrypted as UTF-8, half characters replaced."""
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace").decode()
