"""The status callback as it arrives, and its passage into our own words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import BeforeValidator, GetCoreSchemaHandler
from pydantic_core import core_schema

from convox_clinicea.bookings.callbacks import Callback
from convox_clinicea.bookings.request import BookingRequest, Caller
from convox_clinicea.convox import fields, parsing
from convox_clinicea.convox.dialect import Dialect
from convox_clinicea.convox.folding import folded
from convox_clinicea.convox.keeping import may_be_kept, named_patient
from convox_clinicea.convox.place import Place, moment_in, number
from convox_clinicea.convox.requests.bookings import KnownPatientBooking, NewPatientBooking
from convox_clinicea.convox.requests.call import WithCall
from convox_clinicea.errors import ConsentRequired, InvalidRequest
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import Personal, PersonalText
from convox_clinicea.sealing import MAX_BYTES

LONGEST_KEPT_VALUE = 1000


def _disposition(value: Any) -> Any:
    """A word of the call centre's own list; what is none is passed over, never a reason to refuse the callback."""
    return value if isinstance(value, str) and folded(value) else None


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


class StatusReader:
    """Reads the status callbacks of one caller."""

    def __init__(self, caller: str, dialect: Dialect, place: Place, *, context_required: bool) -> None:
        self._caller = caller
        self._dialect = dialect
        self._place = place.of(dialect)
        self._context_required = context_required

    def read(self, event: APIGatewayProxyEvent) -> Callback:
        """Return the callback in our words, with what is wrong with the appointment that it asks for.

        Raises:
            TooLarge: body or query are over 64 KB.
            InvalidRequest: it cannot be read, or names no call or agent.
        """
        request = parsing.from_request(StatusRequest, event, self._dialect)
        request.with_context(required=self._context_required)
        wanted, refusal, kept = None, None, None
        if any(map(self._dialect.means_appointment, request.dispositions())):
            try:
                wanted = self._wanted(request, event)
            except (InvalidRequest, ConsentRequired) as error:
                refusal = error
            kept = self._kept(event)
        return Callback(
            caller=Caller(name=self._caller, call_id=request.call_id, agent_id=request.agent_id),
            call_id=request.call_id,
            wanted=wanted,
            refusal=refusal,
            recorded_at=self._recorded_at(request),
            said=None if kept is None else kept.for_a_person(),
            mobile=None if kept is None else self._mobile(kept),
            patient_id=None if kept is None else named_patient(_revealed(kept.patient_id)),
        )

    def _wanted(self, request: StatusRequest, event: APIGatewayProxyEvent) -> BookingRequest:
        """Raises InvalidRequest, ConsentRequired."""
        if request.patient_id is None:
            newcomer = parsing.from_request(NewPatientBooking, event, self._dialect)
            return newcomer.canonical(self._caller, self._place)
        return parsing.from_request(KnownPatientBooking, event, self._dialect).canonical(self._caller, self._place)

    def _kept(self, event: APIGatewayProxyEvent) -> Kept | None:
        try:
            kept = parsing.from_request(Kept, event, self._dialect)
        except InvalidRequest:
            return None  # two values for one field: ConVox's own log has both
        return kept if may_be_kept(_revealed(kept.patient_id), _revealed(kept.consent)) else None

    def _recorded_at(self, request: StatusRequest) -> datetime | None:
        """When the agent recorded it: a help to order callbacks, so one that cannot be read is none."""
        said = None if request.recorded_at is None else request.recorded_at.reveal()
        try:
            return moment_in("recorded_at", said, self._place.zone_of_calls) if isinstance(said, str) else None
        except InvalidRequest:
            return None

    def _mobile(self, kept: Kept) -> Mobile | None:
        said = None if kept.mobile is None else kept.mobile.reveal()
        try:
            return number(PersonalText(said), None, self._place) if isinstance(said, str) else None
        except InvalidRequest:
            return None


def _revealed(value: Unread | None) -> Any:
    return None if value is None else value.reveal()
