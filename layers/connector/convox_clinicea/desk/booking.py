"""Bookings from the desk, over the same intake as the API's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from convox_clinicea.announcements import AgentCalls
from convox_clinicea.bookings.call_ends import CallEndBookings
from convox_clinicea.bookings.intake import Intake, or_not_stored
from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.bookings.requests import KnownPatientBooking, NewPatientBooking
from convox_clinicea.bookings.waiting_bookings import WaitingBooking
from convox_clinicea.convox.defaults import RequestDefaults
from convox_clinicea.convox.request import validated
from convox_clinicea.deadline import Clock
from convox_clinicea.desk.ahead import OurBookings, require_wanted
from convox_clinicea.desk.calls import DeskCall, SignedIn
from convox_clinicea.desk.opening import OpeningHours
from convox_clinicea.desk.states import BookingState, BookingStates, state_of, waiting_state
from convox_clinicea.errors import ConsentRequired, FieldProblem, InvalidRequest, NotShown
from convox_clinicea.new_patient import RULES
from convox_clinicea.privacy import FreeTextIds
from convox_clinicea.rate_limits import RateLimiter, Requester

MARGIN = timedelta(minutes=30)
"""Between the latest making of a booking that is kept and its start, so that a person can still make it by hand."""
_YES = "yes"
_ASKED = ("clinic_id", "practitioner_id", "service", "notes", "duration_minutes", *RULES)
TOLD_BY_PATIENTS = ("first_name", "last_name", "date_of_birth")
"""What is taken down of a caller who says to be a patient already, to find them by."""
IMPERSONAL = ("clinic_id", "practitioner_id", "duration_minutes", "start", "day", "time", "consent.given", "registered")
"""The fields of a form that say nothing of the caller."""
PERSONAL = ("patient_id", "service", "notes", *RULES, "consent.given_by", "consent.text_version")
"""Those that do, or may."""


def is_agreed(form: Mapping[str, str]) -> bool:
    """Whether the form says that the caller has consented to being registered."""
    return form.get("consent.given", "").strip() == _YES


class DeskBooking:
    """Books for the call of an agent who is signed in.

    A form has the contract's field names: `patient_id` or a new patient's fields, `clinic_id`, `start` or `day` and
    `time`, `practitioner_id`, `service`, `duration_minutes`, `notes`, `consent.given` (`yes` or `no`),
    `consent.given_by`, `consent.text_version`. Of its own it has
    - `registered` (`yes`): the caller says to be a patient, and is booked by number and name;
    - `another` (`yes`): the person is to have it beside another one of the call or of the week;
    - `ahead`: the appointments that the card has shown;
    - the answers to the questions of `opening`.
    An empty field was not filled in.

    Args:
        call_end: after which time what is kept is made without a status callback.
        opening: asks about times outside the hours and unlisted services; the API does not.
    """

    def __init__(
        self,
        *,
        intake: Intake,
        call_ends: CallEndBookings,
        call_end: timedelta,
        calls: AgentCalls,
        ids: FreeTextIds,
        limiter: RateLimiter,
        states: BookingStates,
        ours: OurBookings,
        defaults: RequestDefaults,
        opening: OpeningHours,
        clock: Clock,
        client: str,
    ) -> None:
        self._intake = intake
        self._call_ends = call_ends
        self._call_end = call_end
        self._calls = calls
        self._ids = ids
        self._limiter = limiter
        self._states = states
        self._ours = ours
        self._defaults = defaults
        self._opening = opening
        self._clock = clock
        self._client = client

    def book(
        self,
        person: SignedIn,
        call: DeskCall,
        form: Mapping[str, str],
        *,
        at_call_end: bool,
        request_id: str,
        moving: Callable[[str], None] | None = None,
    ) -> BookingState:
        """Return how the form's booking stands once it is stored: a new one, or the one that it repeats.

        Args:
            at_call_end: whether it is kept until the call has ended; one that starts too soon for that is made now.
            moving: for the new time of an appointment that the agent may move: is told the booking's id before
                anything is stored.

        Raises:
            InvalidRequest: of the form; nothing is stored.
            Unconfirmed: the clinic's schedule speaks against it; nothing is stored.
            ConsentRequired: the form registers somebody who has not consented; nothing is stored. A caller who says to
                be a patient is registered by nothing, and needs none.
            NotShown: the patient was not shown to the agent on this call.
            AnotherAhead: the patient has an appointment within a week, and the form does not say that both are wanted.
            RateLimited: the client or the agent books too often; nothing is stored.
            NotStored: ledger or queue did not confirm; the same form may be sent again.
        """
        request = self._request(person, call, form, request_id)
        self._opening.require_confirmed(request, form)
        self._limiter.acquire_booking(Requester(self._client, person.agent_id))
        if moving is None:
            self._require_shown(request)
        another = form.get("another", "").strip() == _YES
        if not another:
            self._require_wanted(request, form)
        with or_not_stored():
            self._calls.note_asked(self._client, self._ids.agent(person.agent_id), call.call_id)
        if moving is not None:
            moving(self._intake.considered(request)[0].wish_id)
        if at_call_end and request.start > self._clock.now() + self._call_end + MARGIN:
            kept = self._call_ends.keep(request, another=another)
            if isinstance(kept, WaitingBooking):
                return waiting_state(kept, self._defaults)
            found = kept
        else:
            found = self._call_ends.book_now(request, another=another)
        return state_of(found.booking, self._defaults, repeated=found.repeated, changed=found.changed)

    def states(self, person: SignedIn, call: DeskCall) -> list[BookingState]:
        """Return how the bookings of the agent's call stand, oldest first; raises TableUnavailable."""
        return self._states.of(call.said_id.reveal(), person.agent_id)

    def _require_shown(self, request: BookingRequest) -> None:
        """Refuse a patient whom the agent has not seen on the call, as a changed form would name one."""
        if request.patient_id is None:
            return
        caller = request.caller
        asker = Requester(self._client, caller.agent_id)
        if not self._limiter.was_shown(asker, request.patient_id, caller.call_id):
            raise NotShown("not shown to this agent on this call")

    def _require_wanted(self, request: BookingRequest, form: Mapping[str, str]) -> None:
        """Ask before a second appointment within a week; a form that was sent before is not asked about again."""
        if request.patient_id is None:
            return
        intent, known = self._intake.considered(request)
        if known is None:
            with or_not_stored():
                ours = self._ours.of(request.patient_id, request.mobile)
            others = [each for each in ours if each.stands_for not in intent.ids]
            require_wanted(form, request.start, request.service, others)

    def _request(self, person: SignedIn, call: DeskCall, form: Mapping[str, str], request_id: str) -> BookingRequest:
        filled = {name: text.strip() for name, text in form.items() if text.strip()}
        values: dict[str, Any] = {name: filled[name] for name in _ASKED if name in filled}
        values |= {"call_id": call.said_id.reveal(), "agent_id": person.agent_id}
        self._opening.require_existing(filled)
        minutes = self._opening.minutes(filled.get("clinic_id"), filled.get("service"))
        if minutes is not None:
            values.setdefault("duration_minutes", minutes)
        start = filled.get("start") or _start(filled)
        if start is not None:
            values["start"] = start
        if call.mobile is not None:
            values["mobile"] = call.mobile.reveal()
        if "patient_id" in filled:
            known = validated(KnownPatientBooking, patient_id=filled["patient_id"], **values)
            return known.canonical(self._client, self._defaults, request_id)
        if filled.get("registered") == _YES:
            told = {name: values.pop(name) for name in RULES if name in values}
            values |= {name: told[name] for name in TOLD_BY_PATIENTS if name in told}
            return validated(NewPatientBooking, **values).canonical_of_registered(
                self._client, self._defaults, request_id
            )
        if not is_agreed(filled):
            raise ConsentRequired("the form says of no consent that it was given")
        if "consent.given_by" not in filled:
            raise InvalidRequest(FieldProblem("consent.given_by", "is required"))
        values["consent"] = self._consent(filled)
        return validated(NewPatientBooking, **values).canonical(self._client, self._defaults, request_id)

    def _consent(self, filled: Mapping[str, str]) -> dict[str, Any]:
        consent = {
            "given": True,
            "given_by": filled["consent.given_by"],
            "at": self._clock.now().isoformat(timespec="seconds"),
        }
        version = filled.get("consent.text_version")
        return consent if version is None else {**consent, "text_version": version}


def _start(filled: Mapping[str, str]) -> str | None:
    """Return the start of its day and its time; None where neither is filled in."""
    if "day" not in filled and "time" not in filled:
        return None
    return f"{filled.get('day', '')}T{filled.get('time', '')}"
