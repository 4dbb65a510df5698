"""The routes of the contract, for its OpenAPI document: what each takes, what it answers, which errors it may have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, create_model

from convox_clinicea.bookings.callback_fields import StatusRequest
from convox_clinicea.bookings.requests import KnownPatientBooking, NewPatientBooking
from convox_clinicea.convox import contract as answers
from convox_clinicea.convox import fields
from convox_clinicea.convox.http import HTTP_ERRORS
from convox_clinicea.convox.request import CallRequest
from convox_clinicea.lookups.completed import CompletedRequest
from convox_clinicea.lookups.search import SearchRequest

# Codes that only API Gateway gives, beside those of the functions.
STATUSES: Mapping[answers.Code, int] = {
    **{face.code: int(face.status) for face in HTTP_ERRORS.values()},
    "forbidden": 403,
    "rate_limited": 429,
}
MEANINGS = {
    400: "The request is not valid; `fields` says what is wrong where.",
    401: "The access token is missing, wrong, or sent twice.",
    403: "The gateway refused the request for another reason.",
    404: "No such route or booking, or not for this caller.",
    405: "The route does not take this method.",
    413: "The body is over 64 KB.",
    429: "Too many requests.",
    500: "A fault of the connector.",
    502: "Clinicea refused the connector: credentials, permission or call table; its operator must act.",
    503: "Try again: what was to be stored is not, or Clinicea is down or busy.",
    504: "Clinicea did not answer within the look-up's budget.",
}
EVERYWHERE: tuple[answers.Code, ...] = (
    "invalid_request",
    "unauthorized",
    "forbidden",
    "not_found",
    "too_large",
    "rate_limited",
    "internal",
)
STORING: tuple[answers.Code, ...] = (*EVERYWHERE, "not_stored")
ASKING_CLINICEA: tuple[answers.Code, ...] = (*STORING, "clinicea_rejected", "clinicea_unavailable", "clinicea_timeout")


@dataclass(frozen=True)
class Operation:
    """One route: what it takes, what it answers, and the codes of its errors."""

    method: str
    path: str
    name: str
    summary: str
    request: type[BaseModel] | None
    answer: Any
    errors: Sequence[answers.Code]
    successes: Mapping[int, str] = field(default_factory=lambda: {200: "The answer."})

    @property
    def in_path(self) -> list[str]:
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]


def _may_be_left_out(*models: type[BaseModel]) -> dict[str, Any]:
    """Return the fields of several models, none of them required."""
    wanted = {name: spec for model in models for name, spec in model.model_fields.items() if name not in _OF_EACH_CALL}
    return {name: (spec.rebuild_annotation() | None, None) for name, spec in wanted.items()}


_OF_EACH_CALL = frozenset({"call_id", "agent_id"})
ACCEPTED = {202: "Ledger and queue both hold the booking.", 200: "The same request again, and the booking has ended."}
StatusCallback = create_model(
    "StatusCallback",
    __base__=StatusRequest,
    __doc__="What ConVox sends of a call that has ended. Where a disposition means an appointment it takes the fields "
    "of the two booking routes: with `patient_id` for that patient, otherwise for a new one.",
    recorded_at=(fields.Start | None, None),
    **_may_be_left_out(KnownPatientBooking, NewPatientBooking),
)
OPERATIONS = (
    Operation(
        "post",
        "/patients/search",
        "searchPatient",
        "Who is calling?",
        SearchRequest,
        answers.Match,
        ASKING_CLINICEA,
    ),
    Operation(
        "post",
        "/patients",
        "searchPatientByForm",
        "The same, at the address that takes GET too",
        SearchRequest,
        answers.Match,
        ASKING_CLINICEA,
    ),
    Operation(
        "get",
        "/patients",
        "searchPatientByGet",
        "The same by GET; switched off by default (parameter `SearchByGet`)",
        SearchRequest,
        answers.Match,
        (*ASKING_CLINICEA, "method_not_allowed"),
    ),
    Operation(
        "post",
        "/calls/popup",
        "callPopUp",
        "The call has reached an agent: who is calling, and what was done at the last visits?",
        SearchRequest,
        answers.PopUp,
        STORING,
    ),
    Operation(
        "get",
        "/calls/popup",
        "callPopUpByGet",
        "The same by GET; switched off by default (parameter `SearchByGet`)",
        SearchRequest,
        answers.PopUp,
        (*STORING, "method_not_allowed"),
    ),
    Operation(
        "get",
        "/patients/{patient_id}/appointments/completed",
        "completedAppointments",
        "What was done at the last visits?",
        CompletedRequest,
        answers.Completed,
        ASKING_CLINICEA,
    ),
    Operation(
        "post",
        "/patients/{patient_id}/appointments",
        "bookAppointment",
        "An appointment for a known patient",
        KnownPatientBooking,
        answers.Acceptance,
        STORING,
        ACCEPTED,
    ),
    Operation(
        "post",
        "/appointments",
        "bookNewPatient",
        "An appointment for a caller who becomes a patient, with consent",
        NewPatientBooking,
        answers.Acceptance,
        (*STORING, "consent_required", "clinicea_rejected"),
        ACCEPTED,
    ),
    Operation(
        "post",
        "/calls/status",
        "callStatus",
        "The call has ended: what the agent recorded of it, and where that is an appointment, its booking",
        StatusCallback,
        answers.CallStatus,
        (*STORING, "consent_required", "clinicea_rejected"),
        {202: ACCEPTED[202], 200: "Noted; or the same again, and the booking has ended."},
    ),
    Operation(
        "get", "/bookings/{booking_id}", "bookingStatus", "How does it stand?", None, answers.BookingAnswer, STORING
    ),
    Operation(
        "get",
        "/calls/{call_id}/bookings",
        "callBookings",
        "The bookings that were made on one call",
        CallRequest,
        answers.CallBookings,
        STORING,
    ),
    Operation(
        "get",
        "/calls/bookings",
        "callBookingsByQuery",
        "The same, by a query: for an id that a path may not bring through, such as a/b",
        CallRequest,
        answers.CallBookings,
        STORING,
    ),
)
