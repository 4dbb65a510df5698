"""Reads ConVox's status callback.

Nobody is there to correct a callback: the agent has gone on to the next call. So an optional field that cannot be used
is left out, or shortened, and the answer says so. What says for whom, where, when and with whom is never left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import ConfigDict, TypeAdapter, ValidationError

from convox_clinicea import new_patient
from convox_clinicea.bookings.callback_fields import KEPT, Grounds, StatusRequest, UnbookedCallback
from convox_clinicea.bookings.callback_traces import glimpsed
from convox_clinicea.bookings.callbacks import Callback
from convox_clinicea.bookings.request import UNLISTED, BookingRequest, Caller
from convox_clinicea.bookings.requests import KnownPatientBooking, NewPatientBooking, is_under_age
from convox_clinicea.convox import fields
from convox_clinicea.convox.aliases import Named, named, naming_aliases
from convox_clinicea.convox.body import Pairs, pairs_of
from convox_clinicea.convox.defaults import RequestDefaults, moment_in, number
from convox_clinicea.convox.dialect import Dialect
from convox_clinicea.convox.fields import LONGEST_NOTES, LONGEST_SERVICE
from convox_clinicea.convox.http import request_id_of
from convox_clinicea.convox.request import from_named
from convox_clinicea.errors import ConsentRequired, FieldProblem, InvalidRequest, TooLarge
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalText

_CONFIG = ConfigDict(defer_build=True, hide_input_in_errors=True)
_GIVEN: TypeAdapter[bool] = TypeAdapter(fields.Given, config=_CONFIG)
_PATIENT_ID: TypeAdapter[str] = TypeAdapter(fields.PatientId, config=_CONFIG)


def grounds_of(patient_id: object, consent: object) -> Grounds | None:
    """Return why what a callback says of a person may be stored although it cannot be booked; None: it may not.

    It may for a patient on record, or with consent. An id that has not the form of one counts as naming a patient
    only if nothing is said of consent.

    Args:
        patient_id: the value that came; None if none did.
        consent: the members of `consent` that came, by name; None if none did.
    """
    if _is_given(consent):
        return Grounds.CONSENT
    if patient_id is None:
        return None
    return Grounds.PATIENT if consent is None or named_patient(patient_id) is not None else None


def named_patient(value: object) -> str | None:
    """Return Clinicea's id of a patient; None for what has not the form of one."""
    return None if value is None else _valid(_PATIENT_ID, value)


def _is_given(consent: object) -> bool:
    return isinstance(consent, dict) and _valid(_GIVEN, consent.get("given")) is True


def _valid(adapter: TypeAdapter[Any], value: object) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        return None


M = TypeVar("M", KnownPatientBooking, NewPatientBooking)
T = TypeVar("T")
_BOTH = frozenset({"duration_minutes", "service", "notes"})
SPARED: dict[type[KnownPatientBooking] | type[NewPatientBooking], frozenset[str]] = {
    KnownPatientBooking: _BOTH | {"mobile", "country_code"},
    NewPatientBooking: _BOTH.union(new_patient.SPARED, ("consent.at", "consent.text_version", "consent.given_by")),
}
"""What a booking can do without, by its kind; a patient's names are not among it."""
LONGEST = {"notes": LONGEST_NOTES, "service": LONGEST_SERVICE}
"""Texts of which the beginning is better than nothing."""


def without_what_is_no_use(model: type[M], found: Named, made: Callable[[M], T]) -> tuple[T, tuple[str, ...]]:
    """Return what `made` makes of the booking, and the fields that were left out or shortened for it.

    Raises:
        InvalidRequest, ConsentRequired: it cannot be booked so.
    """
    left_out: dict[str, None] = {}
    while True:
        try:
            return made(from_named(model, found)), tuple(sorted(left_out))
        except InvalidRequest as error:
            # Each round takes a field away, or shortens one for good, so that the rounds end.
            names = {problem.field for problem in error.problems} & SPARED[model]
            if not names:
                raise
            found = _without(found, names)
            left_out |= dict.fromkeys(names)


def _without(found: Named, names: Iterable[str]) -> Named:
    values: dict[str, Any] = dict(found.values)
    for name in names:
        value = values.pop(name, None)
        if isinstance(value, str) and name in LONGEST and len(value) > LONGEST[name]:
            values[name] = value[: LONGEST[name] - 1] + "…"
    problems = [problem for problem in found.problems if problem.field not in names]
    return Named(values, found.aliases_used, problems)


_OF_AN_APPOINTMENT = frozenset({"patient_id", "clinic_id", "start", "practitioner_id", "first_name"})
_IS_REQUIRED = FieldProblem("start", "is required")
_NO_FOLLOW_UP = FieldProblem(
    "start", "is required; a follow-up time is ConVox's next call, unless the dialect's stands_in says otherwise"
)


class _Wanted(NamedTuple):
    request: BookingRequest
    left_out: tuple[str, ...]


class StatusReader:
    """Reads the status callbacks of one caller."""

    def __init__(self, caller: str, dialect: Dialect, place: RequestDefaults, *, context_required: bool) -> None:
        self._caller = caller
        self._dialect = dialect
        self._place = place.in_dialect(dialect)
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
            found = named(pairs, StatusRequest.model_fields, self._dialect)
            with naming_aliases(found.aliases_used):
                request = from_named(StatusRequest, found)
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
            aliases_used=found.aliases_used,
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
                patient_id=named_patient(kept.value("patient_id")),
            )
        kind = NewPatientBooking if request.patient_id is None else KnownPatientBooking
        found = named(pairs, kind.model_fields, self._dialect)
        callback = replace(callback, aliases_used=found.aliases_used)
        try:
            wanted = self._wanted(request, pairs, found)
        except (InvalidRequest, ConsentRequired) as error:
            bare = not named(pairs, _OF_AN_APPOINTMENT, self._dialect).values
            return replace(callback, refusal=error, bare=bare)
        said = wanted.request.model_copy(update={"caller": caller})
        return replace(callback, wanted=said, left_out=wanted.left_out)

    def _kept(self, pairs: Pairs) -> tuple[UnbookedCallback, Grounds | None]:
        """Return what a person may be shown of a callback that cannot be booked, and why; None: nothing may be kept."""
        found = named(pairs, KEPT, self._dialect)
        kept = UnbookedCallback(found.nested())
        contradicts = any(problem.field.startswith("consent") for problem in found.problems)
        consent = {} if contradicts else kept.value("consent")
        return kept, grounds_of(kept.value("patient_id"), consent)

    def _unread(self, event: APIGatewayProxyEvent, error: InvalidRequest | TooLarge) -> Callback | None:
        """Return what can be told of a callback that cannot be read; None if there is nothing to tell."""
        glimpse = glimpsed(event, self._dialect)
        if not glimpse.may_ask or (glimpse.call_id is None and glimpse.agent_id is None):
            return None
        call_id = glimpse.call_id or f"unnamed-{request_id_of(event)}"
        caller = Caller(name=self._caller, call_id=call_id, agent_id=glimpse.agent_id)
        return Callback(caller=caller, call_id=call_id, refusal=error)

    def _wanted(self, request: StatusRequest, pairs: Pairs, found: Named) -> _Wanted:
        """Raises InvalidRequest, ConsentRequired."""
        try:
            if request.patient_id is None:
                return _as_it_was_told(*without_what_is_no_use(NewPatientBooking, found, self._new))
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

    def _recorded_at(self, request: StatusRequest) -> datetime | None:
        """When the agent recorded it: a help to order callbacks, so one that cannot be read is none."""
        said = None if request.recorded_at is None else request.recorded_at.reveal()
        try:
            return moment_in("recorded_at", said, self._place.zone_of_calls) if isinstance(said, str) else None
        except InvalidRequest:
            return None

    def _mobile(self, kept: UnbookedCallback) -> Mobile | None:
        said = kept.value("mobile")
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
