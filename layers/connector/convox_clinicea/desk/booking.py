"""Bookings from the desk, over the same intake as the API's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from convox_clinicea.bookings.intake import Intake
from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.bookings.requests import KnownPatientBooking, NewPatientBooking
from convox_clinicea.convox.defaults import RequestDefaults
from convox_clinicea.convox.request import validated
from convox_clinicea.deadline import Clock
from convox_clinicea.desk.calls import DeskCall, SignedIn
from convox_clinicea.desk.states import BookingState, BookingStates, state_of
from convox_clinicea.errors import ConsentRequired, FieldProblem, InvalidRequest, NotShown
from convox_clinicea.rate_limits import RateLimiter, Requester

_YES, _NO = "yes", "no"
_ASKED = (
    *("clinic_id", "practitioner_id", "service", "notes", "duration_minutes"),
    *("first_name", "last_name", "gender", "date_of_birth", "email"),
)


def is_agreed(form: Mapping[str, str]) -> bool:
    """Whether the form says that the caller has consented to being registered."""
    return form.get("consent.given", "").strip() == _YES


class DeskBooking:
    """Books for the call of an agent who is signed in.

    A form has the contract's field names: `patient_id` or a new patient's fields, `clinic_id`, `start` or `day` and
    `time`, `practitioner_id`, `service`, `duration_minutes`, `notes`, `consent.given` (`yes` or `no`),
    `consent.given_by`, `consent.text_version`. An empty field was not filled in.
    """

    def __init__(
        self,
        *,
        intake: Intake,
        limiter: RateLimiter,
        states: BookingStates,
        place: RequestDefaults,
        clock: Clock,
        client: str,
    ) -> None:
        self._intake = intake
        self._limiter = limiter
        self._states = states
        self._place = place
        self._clock = clock
        self._client = client

    def book(
        self, person: SignedIn, call: DeskCall, form: Mapping[str, str], *, at_call_end: bool, request_id: str
    ) -> BookingState:
        """Return how the form's booking stands once it is stored: a new one, or the one that it repeats.

        Args:
            at_call_end: whether it is kept until the call has ended.

        Raises:
            InvalidRequest: of the form; nothing is stored.
            ConsentRequired: the form registers somebody who has not consented; nothing is stored.
            NotShown: the patient was not shown to the agent on this call.
            RateLimited: the client or the agent books too often; nothing is stored.
            NotStored: ledger or queue did not confirm; the same form may be sent again.
        """
        if at_call_end:
            raise InvalidRequest(FieldProblem("at_call_end", "is not possible in this release; book now"))
        request = self._request(person, call, form, request_id)
        self._limiter.acquire_booking(Requester(self._client, person.agent_id))
        self._require_shown(request)
        found = self._intake.accept(request)
        return state_of(found.booking, repeated=found.repeated, changed=found.changed)

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

    def _request(self, person: SignedIn, call: DeskCall, form: Mapping[str, str], request_id: str) -> BookingRequest:
        filled = {name: text.strip() for name, text in form.items() if text.strip()}
        values: dict[str, Any] = {name: filled[name] for name in _ASKED if name in filled}
        values |= {"call_id": call.said_id.reveal(), "agent_id": person.agent_id}
        start = filled.get("start") or _start(filled)
        if start is not None:
            values["start"] = start
        if call.mobile is not None:
            values["mobile"] = call.mobile.reveal()
        if "patient_id" in filled:
            known = validated(KnownPatientBooking, patient_id=filled["patient_id"], **values)
            return known.canonical(self._client, self._place, request_id)
        if not is_agreed(filled):
            raise ConsentRequired("the form says of no consent that it was given")
        if "consent.given_by" not in filled:
            raise InvalidRequest(FieldProblem("consent.given_by", "is required"))
        values["consent"] = self._consent(filled)
        return validated(NewPatientBooking, **values).canonical(self._client, self._place, request_id)

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
