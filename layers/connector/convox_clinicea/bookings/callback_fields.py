"""Fields of a status callback, and the record of one that could not be booked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, GetCoreSchemaHandler
from pydantic_core import core_schema

from convox_clinicea import new_patient
from convox_clinicea.bookings.call import Call, key_of_call
from convox_clinicea.bookings.drafting import Drafter
from convox_clinicea.clinicea.errors import NotInDialect
from convox_clinicea.convox import fields
from convox_clinicea.convox.request import WithCall
from convox_clinicea.errors import ConsentRequired, InvalidRequest, TooLarge, TooManyOpenBookings
from convox_clinicea.privacy import Personal, PersonalText
from convox_clinicea.sealing import MAX_BYTES, Sealer
from convox_clinicea.text import normalized

if TYPE_CHECKING:
    from convox_clinicea.bookings.callbacks import Callback


LONGEST_KEPT_VALUE = 1000


def _disposition(value: Any) -> Any:
    """Validate a disposition, which the call centre defines. An invalid one is ignored, not refused."""
    return value if isinstance(value, str) and normalized(value) else None


Disposition = Annotated[str | None, BeforeValidator(_disposition)]


class Unread(Personal[Any]):
    """A value of any type, as received."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return cls._wrapped(core_schema.any_schema(), cls)


class StatusRequest(WithCall):
    """`POST /calls/status`: the fields of every callback. They alone decide whether it asks for an appointment."""

    call_id: fields.Reference
    disposition: Disposition = None
    disposition_2: Disposition = None
    disposition_3: Disposition = None
    recorded_at: Unread | None = None
    patient_id: Unread | None = None

    def dispositions(self) -> Iterator[str]:
        """Yield the agent's dispositions in order."""
        yield from filter(None, (self.disposition, self.disposition_2, self.disposition_3))


_SPARED = sorted(new_patient.SPARED, key=lambda name: name not in new_patient.DATES)
"""The birth date first: it distinguishes persons."""
KEPT = (
    *("mobile", "country_code", "patient_id", *new_patient.NEEDED, "clinic_id", "start", "practitioner_id"),
    *("service", "duration_minutes", *_SPARED, "consent", "notes"),
)
"""What a person needs to see of a callback that cannot be booked, the most important first."""


class UnbookedCallback:
    """The received fields of a callback that cannot be booked.

    Args:
        came: values by canonical name, after the client's dialect was applied.
    """

    def __init__(self, came: Mapping[str, Any]) -> None:
        self._came = {name: Unread(came[name]) for name in KEPT if name in came}

    def value(self, name: str) -> Any:
        """Return a field's value as received; None if it is missing."""
        came = self._came.get(name)
        return None if came is None else came.reveal()

    def for_a_person(self) -> PersonalText:
        """Return the fields as JSON, at most as much as one KMS call can encrypt."""
        document: dict[str, Any] = {}
        kept = "{}"
        for name, value in self._came.items():
            said = value.reveal()
            wider = {**document, name: said[:LONGEST_KEPT_VALUE] if isinstance(said, str) else said}
            text = _as_json(wider)
            if len(text.encode()) <= MAX_BYTES:
                document, kept = wider, text
        return PersonalText(kept)


def _as_json(document: dict[str, Any]) -> str:
    """Return JSON that is valid UTF-8, with lone surrogates replaced."""
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace").decode()


MOST_PROBLEMS = 20

Refusal = InvalidRequest | ConsentRequired | TooLarge
UNBOOKED = (InvalidRequest, ConsentRequired, TooLarge, NotInDialect, TooManyOpenBookings)
"""Errors because of which a callback's appointment cannot be booked and is kept for a person."""


class Grounds(Enum):
    """Legal ground for storing a callback's personal data although it cannot be booked."""

    CONSENT = auto()
    PATIENT = auto()
    """It names a registered patient."""


class UnbookedCallbacks:
    """Stores callbacks that could not be booked."""

    def __init__(self, drafter: Drafter, sealer: Sealer) -> None:
        self._drafter = drafter
        self._sealer = sealer

    def kept(self, call: Call, callback: Callback, problem: Refusal | NotInDialect | TooManyOpenBookings) -> Call:
        """Return the call with the callback's trace; without grounds the trace holds none of the patient's data.

        The grounds alone decide that, whatever the problem is.
        """
        kept, number_key, patient_key = None, None, None
        refused = callback.grounds is None or isinstance(problem, ConsentRequired)
        if not refused and callback.said is not None:
            key = key_of_call(call.caller, call.call_id)
            kept = self._sealer.seal(key, callback.said.reveal().encode("utf-8", "replace"))
            number_key = self._drafter.number_key(callback.mobile)
            patient_key = self._drafter.patient_key(callback.patient_id)
        return call.keeping(tuple(_fields(problem)[:MOST_PROBLEMS]), kept, number_key, patient_key)


def _fields(problem: Refusal | NotInDialect | TooManyOpenBookings) -> list[str]:
    match problem:
        case InvalidRequest():
            return [each.field for each in problem.problems]
        case TooLarge():
            return ["body"]
        case NotInDialect():
            return ["new_patient"]
        case ConsentRequired():
            return ["consent"]
        case TooManyOpenBookings():
            return ["open_bookings"]
