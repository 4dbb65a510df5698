"""Routes of the HTTP contract for its OpenAPI document: requests, answers and error codes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, create_model

from convox_clinicea.bookings.callback_fields import StatusRequest
from convox_clinicea.bookings.requests import KnownPatientBooking, NewPatientBooking
from convox_clinicea.bookings.status import TasksRequest
from convox_clinicea.convox import contract as answers
from convox_clinicea.convox import fields
from convox_clinicea.convox.http import HTTP_ERRORS
from convox_clinicea.convox.request import CallRequest
from convox_clinicea.lookups.completed import CompletedRequest
from convox_clinicea.lookups.confirm import ConfirmRequest
from convox_clinicea.lookups.search import SearchRequest

# Codes of API Gateway only, in addition to those of the functions.
STATUSES: Mapping[answers.Code, int] = {
    **{error.code: int(error.status) for error in HTTP_ERRORS.values()},
    "forbidden": 403,
    "rate_limited": 429,
}
MEANINGS = {
    400: "The request is not valid; `fields` lists the errors.",
    401: "The access token is missing, wrong, or sent twice.",
    403: "The request is not allowed, or the patient was not shown on this call.",
    404: "The route or booking does not exist for this client.",
    405: "The route does not support this method.",
    413: "The body is over 64 KB.",
    429: "Too many requests.",
    500: "An internal error of the connector.",
    502: "Clinicea refused the request: credentials, permission or call table. The connector's operator must act.",
    503: "Storage is not confirmed, or Clinicea is down or busy. Try again.",
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
    """One route: its request, its answer, and its error codes."""

    method: str
    path: str
    name: str
    summary: str
    request: type[BaseModel] | None
    answer: Any
    errors: Sequence[answers.Code]
    successes: Mapping[int, str] = field(default_factory=lambda: {200: "Success."})

    @property
    def in_path(self) -> list[str]:
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]


def _may_be_left_out(*models: type[BaseModel]) -> dict[str, Any]:
    """Return the fields of several models as optional ones."""
    wanted = {name: spec for model in models for name, spec in model.model_fields.items() if name not in _OF_EACH_CALL}
    return {name: (spec.rebuild_annotation() | None, None) for name, spec in wanted.items()}


_OF_EACH_CALL = frozenset({"call_id", "agent_id"})
ACCEPTED = {202: "The booking is stored and queued.", 200: "A repeated request whose booking has ended."}
StatusCallback = create_model(
    "StatusCallback",
    __base__=StatusRequest,
    __doc__="ConVox's report of a finished call. If the disposition means an appointment, it takes the fields "
    "of the booking routes: with `patient_id` for that patient, otherwise for a new one.",
    recorded_at=(fields.Start | None, None),
    **_may_be_left_out(KnownPatientBooking, NewPatientBooking),
)
OPERATIONS = (
    Operation(
        "post",
        "/patients/search",
        "searchPatient",
        "Search patients by mobile number",
        SearchRequest,
        answers.Match,
        ASKING_CLINICEA,
    ),
    Operation(
        "post",
        "/patients",
        "searchPatientByForm",
        "Search patients by mobile number (alternative path)",
        SearchRequest,
        answers.Match,
        ASKING_CLINICEA,
    ),
    Operation(
        "get",
        "/patients",
        "searchPatientByGet",
        "Search patients by GET; off by default (parameter `SearchByGet`)",
        SearchRequest,
        answers.Match,
        (*ASKING_CLINICEA, "method_not_allowed"),
    ),
    Operation(
        "post",
        "/calls/popup",
        "callPopUp",
        "Pop-up when a call reaches an agent: patients with the number, and last visits",
        SearchRequest,
        answers.PopUp,
        STORING,
    ),
    Operation(
        "get",
        "/calls/popup",
        "callPopUpByGet",
        "Pop-up by GET; off by default (parameter `SearchByGet`)",
        SearchRequest,
        answers.PopUp,
        (*STORING, "method_not_allowed"),
    ),
    Operation(
        "get",
        "/patients/{patient_id}/appointments/completed",
        "completedAppointments",
        "List a patient's completed appointments",
        CompletedRequest,
        answers.Completed,
        ASKING_CLINICEA,
    ),
    Operation(
        "post",
        "/patients/{patient_id}/confirm",
        "confirmPatient",
        "Compare the birth date that the caller told with a patient's record",
        ConfirmRequest,
        answers.Confirmation,
        ASKING_CLINICEA,
    ),
    Operation(
        "post",
        "/patients/{patient_id}/appointments",
        "bookAppointment",
        "Book an appointment for a known patient",
        KnownPatientBooking,
        answers.Acceptance,
        STORING,
        ACCEPTED,
    ),
    Operation(
        "post",
        "/appointments",
        "bookNewPatient",
        "Register a new patient, with consent, and book an appointment",
        NewPatientBooking,
        answers.Acceptance,
        (*STORING, "consent_required", "clinicea_rejected"),
        ACCEPTED,
    ),
    Operation(
        "post",
        "/calls/status",
        "callStatus",
        "Status callback after a call; books the appointment that the agent recorded",
        StatusCallback,
        answers.CallStatus,
        (*STORING, "consent_required", "clinicea_rejected"),
        {202: ACCEPTED[202], 200: "The status is recorded, or a repeated request whose booking has ended."},
    ),
    Operation(
        "get", "/bookings/{booking_id}", "bookingStatus", "Read a booking's state", None, answers.BookingAnswer, STORING
    ),
    Operation(
        "get",
        "/calls/{call_id}/bookings",
        "callBookings",
        "List the bookings of a call",
        CallRequest,
        answers.CallBookings,
        STORING,
    ),
    Operation(
        "get",
        "/calls/bookings",
        "callBookingsByQuery",
        "List the bookings of a call by query, for call ids such as a/b",
        CallRequest,
        answers.CallBookings,
        STORING,
    ),
    Operation(
        "get",
        "/tasks",
        "tasks",
        "List the appointments that a person has to cancel in Clinicea by hand",
        TasksRequest,
        answers.Tasks,
        STORING,
    ),
)
