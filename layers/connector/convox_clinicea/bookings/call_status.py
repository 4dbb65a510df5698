"""Reads ConVox's status callback.

Nobody can correct a callback: the agent is on the next call already. So optional fields that cannot be used are dropped
or shortened, and the answer says so. Patient, clinic, start and practitioner are never dropped.
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
    """Return the ground for storing personal data of a callback that cannot be booked; None if there is no ground.

    The grounds are a registered patient, or consent. A malformed patient id counts as a registered patient only if
    the callback has no consent field.

    Args:
        patient_id: the received value; None if missing.
        consent: the received members of `consent`, by name; None if missing.
    """
    if _is_given(consent):
        return Grounds.CONSENT
    if patient_id is None:
        return None
    return Grounds.PATIENT if consent is None or named_patient(patient_id) is not None else None


def named_patient(value: object) -> str | None:
    """Return Clinicea's patient id; None if the value is not a well-formed one."""
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
"""Fields that can be dropped, by kind of booking. A patient's names are never dropped."""
LONGEST = {"notes": LONGEST_NOTES, "service": LONGEST_SERVICE}
"""Texts that are shortened rather than dropped."""


def without_what_is_no_use(model: type[M], found: Named, made: Callable[[M], T]) -> tuple[T, tuple[str, ...]]:
    """Return `made` of the booking without unusable fields, and the names of the dropped or shortened fields.

    Raises:
        InvalidRequest, ConsentRequired: it cannot be booked.
    """
    left_out: dict[str, None] = {}
    while True:
        try:
            return made(from_named(model, found)), tuple(sorted(left_out))
        except InvalidRequest as error:
            # Each round drops a field or shortens one, so the loop ends.
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
    """Reads the status callbacks of one client."""

    def __init__(self, caller: str, dialect: Dialect, defaults: RequestDefaults, *, context_required: bool) -> None:
        self._caller = caller
        self._dialect = dialect
        self._defaults = defaults.in_dialect(dialect)
        self._context_required = context_required

    def read(self, event: APIGatewayProxyEvent) -> Callback:
        """Return the callback in canonical terms, with the reason if its appointment cannot be booked.

        A callback that cannot be read and may ask for an appointment is returned as a refused one of the call or agent
        that was found in it.

        Raises:
            TooLarge, InvalidRequest: it cannot be read, and names no call and no agent, or asks for no appointment.
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
        """Return a callback's fields for a person, and the ground for storing them; None: they may not be stored."""
        found = named(pairs, KEPT, self._dialect)
        kept = UnbookedCallback(found.nested())
        contradicts = any(problem.field.startswith("consent") for problem in found.problems)
        consent = {} if contradicts else kept.value("consent")
        return kept, grounds_of(kept.value("patient_id"), consent)

    def _unread(self, event: APIGatewayProxyEvent, error: InvalidRequest | TooLarge) -> Callback | None:
        """Return what was found in an unreadable callback; None if nothing was."""
        glimpse = glimpsed(event, self._dialect)
        if not glimpse.may_ask or (glimpse.call_id is None and glimpse.agent_id is None):
            return None
        call_id = glimpse.call_id or f"unnamed-{request_id_of(event)}"
        caller = Caller(name=self._caller, call_id=call_id, agent_id=glimpse.agent_id)
        return Callback(caller=caller, call_id=call_id, refusal=error)

    def _wanted(self, request: StatusRequest, pairs: Pairs, found: Named) -> _Wanted:
        """Return the appointment that the callback asks for; raises InvalidRequest, ConsentRequired."""
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
        return booking.canonical(self._caller, self._defaults, asks_back=False)

    def _known(self, booking: KnownPatientBooking) -> BookingRequest:
        return booking.canonical(self._caller, self._defaults)

    def _recorded_at(self, request: StatusRequest) -> datetime | None:
        """Return when the agent recorded the callback; None if unreadable, since it only helps to order callbacks."""
        said = None if request.recorded_at is None else request.recorded_at.reveal()
        try:
            return moment_in("recorded_at", said, self._defaults.zone_of_calls) if isinstance(said, str) else None
        except InvalidRequest:
            return None

    def _mobile(self, kept: UnbookedCallback) -> Mobile | None:
        said = kept.value("mobile")
        try:
            return number(PersonalText(said), None, self._defaults) if isinstance(said, str) else None
        except InvalidRequest:
            return None


def _as_it_was_told(request: BookingRequest, left_out: tuple[str, ...]) -> _Wanted:
    """Return a new patient's booking whose proof of consent claims only what the callback said.

    A text version that is not configured is recorded as unknown, and so is who consented for a child.
    """
    details = request.new_patient
    if details is None or details.consent is None:
        return _Wanted(request, left_out)
    consent = details.consent
    if "consent.text_version" in left_out:
        consent = consent.model_copy(update={"text_version": UNLISTED})
        details = details.model_copy(update={"consent": consent})
    born = None if details.date_of_birth is None else details.date_of_birth.reveal()
    if born is not None and is_under_age(born) and consent.given_by in (None, "self"):
        left_out = tuple(sorted({*left_out, "consent.given_by"}))
    return _Wanted(request.model_copy(update={"new_patient": details}), left_out)
