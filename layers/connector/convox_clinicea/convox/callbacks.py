"""ConVox's status callback, from a request to our own words; one that cannot be read leaves a trace all the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea.bookings.callbacks import Callback
from convox_clinicea.bookings.consents import UNLISTED
from convox_clinicea.bookings.request import BookingRequest, Caller
from convox_clinicea.bookings.unbooked import Grounds
from convox_clinicea.convox.api import request_id_of
from convox_clinicea.convox.came_as import remember
from convox_clinicea.convox.dialect import Dialect
from convox_clinicea.convox.glimpse import glimpsed
from convox_clinicea.convox.keeping import grounds_of, named_patient
from convox_clinicea.convox.lenient import without_what_is_no_use
from convox_clinicea.convox.naming import Named, named
from convox_clinicea.convox.parsing import from_named
from convox_clinicea.convox.place import Place, moment_in, number
from convox_clinicea.convox.reading import Pairs, pairs_of
from convox_clinicea.convox.requests.bookings import KnownPatientBooking, NewPatientBooking, is_under_age
from convox_clinicea.convox.requests.status import Kept, StatusRequest, Unread
from convox_clinicea.convox.validating import validated
from convox_clinicea.errors import ConsentRequired, FieldProblem, InvalidRequest, TooLarge
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalText

_OF_AN_APPOINTMENT = frozenset({"patient_id", "clinic_id", "start", "practitioner_id", "first_name"})
_IS_REQUIRED = FieldProblem("start", "is required")
_NO_FOLLOW_UP = FieldProblem(
    "start", "is required; the follow-up is when ConVox calls again, unless the dialect's stands_in says otherwise"
)


class _Wanted(NamedTuple):
    request: BookingRequest
    left_out: tuple[str, ...]


class StatusReader:
    """Reads the status callbacks of one caller."""

    def __init__(self, caller: str, dialect: Dialect, place: Place, *, context_required: bool) -> None:
        self._caller = caller
        self._dialect = dialect
        self._place = place.of(dialect)
        self._context_required = context_required

    def read(self, event: APIGatewayProxyEvent) -> Callback:
        """Return the callback in our words, with what is wrong with the appointment that it asks for.

        One that cannot be read, and may have asked for an appointment, is a refused one of the call or the agent that
        can be seen in it.

        Raises:
            TooLarge, InvalidRequest: it cannot be read, and names neither call nor agent, or asks for nothing.
        """
        try:
            pairs = pairs_of(event, self._dialect.known)
            request = from_named(StatusRequest, self._named(StatusRequest.model_fields, pairs, event))
            request.with_context(required=self._context_required)
        except (InvalidRequest, TooLarge) as error:
            unread = self._unread(event, error)
            if unread is None:
                raise
            return unread
        request_id = request_id_of(event)
        caller = Caller(name=self._caller, call_id=request.call_id, agent_id=request.agent_id, request_id=request_id)
        callback = Callback(
            caller=caller,
            call_id=request.call_id,
            disposed=any(request.dispositions()),
            recorded_at=self._recorded_at(request),
        )
        if not self._dialect.mean_appointment(request.dispositions()):
            return callback
        kept, grounds = self._kept(pairs)
        if grounds is not None:
            callback = replace(
                callback,
                said=kept.for_a_person(),
                grounds=grounds,
                mobile=self._mobile(kept),
                patient_id=named_patient(_revealed(kept.patient_id)),
            )
        try:
            wanted = self._wanted(request, pairs, event)
        except (InvalidRequest, ConsentRequired) as error:
            bare = not named(pairs, _OF_AN_APPOINTMENT, self._dialect).values
            return replace(callback, refusal=error, bare=bare)
        said = wanted.request.model_copy(update={"caller": caller})
        return replace(callback, wanted=said, left_out=wanted.left_out)

    def _kept(self, pairs: Pairs) -> tuple[Kept, Grounds | None]:
        """Return what a person may be shown of a callback that cannot be booked, and why; None: nothing may be kept."""
        found = named(pairs, Kept.model_fields, self._dialect)
        kept = validated(Kept, **found.nested())
        contradicts = any(problem.field.startswith("consent") for problem in found.problems)
        consent = {} if contradicts else _revealed(kept.consent)
        return kept, grounds_of(_revealed(kept.patient_id), consent)

    def _unread(self, event: APIGatewayProxyEvent, error: InvalidRequest | TooLarge) -> Callback | None:
        """Return what can be told of a callback that cannot be read; None if there is nothing to tell."""
        glimpse = glimpsed(event, self._dialect)
        if not glimpse.may_ask or (glimpse.call_id is None and glimpse.agent_id is None):
            return None
        call_id = glimpse.call_id or f"unnamed-{request_id_of(event)}"
        caller = Caller(name=self._caller, call_id=call_id, agent_id=glimpse.agent_id)
        return Callback(caller=caller, call_id=call_id, refusal=error)

    def _wanted(self, request: StatusRequest, pairs: Pairs, event: APIGatewayProxyEvent) -> _Wanted:
        """Raises InvalidRequest, ConsentRequired."""
        try:
            if request.patient_id is None:
                found = self._named(NewPatientBooking.model_fields, pairs, event)
                return _as_it_was_told(*without_what_is_no_use(NewPatientBooking, found, self._new))
            found = self._named(KnownPatientBooking.model_fields, pairs, event)
            return _Wanted(*without_what_is_no_use(KnownPatientBooking, found, self._known))
        except InvalidRequest as error:
            if _IS_REQUIRED not in error.problems or not named(pairs, {"follow_up"}, self._dialect).values:
                raise
            problems = (_NO_FOLLOW_UP if problem == _IS_REQUIRED else problem for problem in error.problems)
            told = InvalidRequest(*problems)
        raise told

    def _new(self, booking: NewPatientBooking) -> BookingRequest:
        return booking.canonical(self._caller, self._place, asks_back=False)

    def _known(self, booking: KnownPatientBooking) -> BookingRequest:
        return booking.canonical(self._caller, self._place)

    def _named(self, fields: Iterable[str], pairs: Pairs, event: APIGatewayProxyEvent) -> Named:
        found = named(pairs, fields, self._dialect)
        remember(event, found.came_as)
        return found

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


def _as_it_was_told(request: BookingRequest, left_out: tuple[str, ...]) -> _Wanted:
    """Return a newcomer's booking whose proof of consent claims nothing that was not told.

    A text that the deployment does not list is no other text; who consented for a child is not known.
    """
    details = request.new_patient
    if details is None:
        return _Wanted(request, left_out)
    if "consent.text_version" in left_out:
        consent = details.consent.model_copy(update={"text_version": UNLISTED})
        details = details.model_copy(update={"consent": consent})
    born = None if details.date_of_birth is None else details.date_of_birth.reveal()
    if born is not None and is_under_age(born) and details.consent.given_by in (None, "self"):
        left_out = tuple(sorted({*left_out, "consent.given_by"}))
    return _Wanted(request.model_copy(update={"new_patient": details}), left_out)


def _revealed(value: Unread | None) -> Any:
    return None if value is None else value.reveal()
