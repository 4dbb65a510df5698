"""Answer schemas of the HTTP contract; docs/openapi.json is generated from them.

The docstring under a field is its description there. Absent values are null, never left out.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, with_config
from typing_extensions import TypedDict

from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.tasks import TaskKind, TaskOutcome, TaskProblem, TaskReason, TaskState

Code = Literal[
    "invalid_request",
    "consent_required",
    "unauthorized",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "too_large",
    "rate_limited",
    "clinicea_rejected",
    "clinicea_unavailable",
    "clinicea_timeout",
    "not_stored",
    "internal",
]
"""The closed list of error codes."""
described = with_config({"use_attribute_docstrings": True})

Date = Annotated[str, Field(json_schema_extra={"format": "date"})]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Message = Annotated[str, Field(description="A sentence for the agent.")]
BookingId = Annotated[str, Field(json_schema_extra={"pattern": "^bk_[a-z2-7]{26}$"})]


@described
class Answer(TypedDict):
    """Fields of every successful answer."""

    status: Literal["success"]
    message: Message


@described
class Patient(TypedDict):
    """A patient in Clinicea.

    If several share the number, `mobile`, `date_of_birth`, `email`, `address` and `last_visit` are null.
    """

    patient_id: str
    """Clinicea's id, for use in the other routes."""
    file_no: str | None
    """File number at the clinic."""
    name: str | None
    mobile: str | None
    """The searched number, in E.164."""
    gender: str | None
    """As in Clinicea; `M` and `F` become Male and Female."""
    date_of_birth: Date | None
    age_band: str | None
    """Years, such as `30-44`; null unless several share the number."""
    email: str | None
    address: str | None
    last_visit: Date | None


@described
class Match(Answer):
    """Patients registered with this number; may be empty."""

    match: Literal["none", "one", "many"]
    patients: list[Patient]
    """All patients with the number. With `many`, the agent asks who is calling."""


@described
class Confirmation(Answer):
    """Whether the birth date agrees with the record."""

    agrees: bool
    """False too if the record has no birth date."""


@described
class Clinic(TypedDict):
    """Clinic of a visit. Name and address come from the clinics document, else from Clinicea."""

    clinic_id: str | None
    name: str | None
    address: str | None


@described
class Appointment(TypedDict):
    """A completed visit or, if the deployment shows them, a past appointment not marked as completed."""

    appointment_id: str
    start: Moment | None
    """With the clinic's offset."""
    end: Moment | None
    service: str | None
    practitioner: str | None
    status: str | None
    """As in Clinicea, such as `Check Out`."""
    completed: bool | None
    """False for a past appointment not marked as completed; null if its status is unclear."""
    clinic: Clinic


@described
class Completed(Answer):
    """The patient's last visits, newest first; empty for an unknown patient."""

    appointments: list[Appointment]


@described
class PopUp(Answer):
    """Search and completed visits in one answer; it never fails because of Clinicea."""

    match: Literal["none", "one", "many"] | None
    """Null if Clinicea did not answer the search in time."""
    patients: list[Patient]
    appointments: list[Appointment] | None
    """Null unless exactly one patient has the number and Clinicea returned the visits in time."""
    degraded: bool
    """True if data is missing because Clinicea did not answer in time."""


@described
class Acceptance(Answer):
    """The booking of the request; it is stored and queued."""

    booking_id: BookingId
    state: State
    repeated: bool
    """True for a repeated request; the booking is the first one."""
    changed: bool
    """True for a repeated request with different content (notes, duration, …); the first content counts."""


@described
class CallStatus(Answer):
    """Result of a status callback: its booking, else the call's booking, else none.

    Another person on the same call gets a separate booking. `message` says if a booking waits because of the call's
    other one, differs from the callback, or was returned to by the agent.
    """

    booking_id: BookingId | None
    """Null if the callback records no appointment and the call has no booking."""
    state: State | None
    repeated: bool
    """True if a callback or a booking route has requested the same on this call before."""
    changed: bool
    """True if the booking differs from this callback: other content, or a later record."""
    left_out: list[str]
    """Optional fields of the callback that were unusable or cut; the appointment was accepted without them."""


@described
class Booking(TypedDict):
    """State of a booking."""

    booking_id: BookingId
    state: State
    appointment_id: str | None
    """Clinicea's id, once the appointment is booked."""
    patient_id: str | None
    reason: Reason | None
    """Why the booking was rejected, needs a person, or was booked without a new appointment."""
    accepted_at: Moment
    """UTC."""
    updated_at: Moment
    """UTC."""


@described
class BookingAnswer(Answer, Booking):
    """One booking."""


@described
class CallBookings(Answer):
    """The call's bookings, in order of acceptance.

    Bookings of status callbacks appear at once. Bookings of the booking routes may be missing for a second.
    """

    bookings: list[Booking]
    not_booked: list[str]
    """Fields for which the call's last requested appointment could not be booked; `body` if a callback was
    unreadable. Empty if nothing needs a person."""


@described
class Task(TypedDict):
    """An appointment that a person has to cancel in Clinicea by hand."""

    task_id: Annotated[str, Field(json_schema_extra={"pattern": "^tk_[a-z2-7]{26}$"})]
    kind: TaskKind
    """`move`: another booking has, or will have, the new time; the old appointment has to be cancelled."""
    state: TaskState
    """`waiting`: the new time is not booked yet, so the old appointment must stay."""
    why: TaskReason
    appointment_id: str | None
    """Clinicea's id; null if it would tell whose number a number is. Then see the booking."""
    clinic_id: str | None
    start: Moment
    """UTC."""
    booking_id: BookingId | None
    """The booking of the appointment, if the connector made it."""
    new_booking_id: BookingId | None
    """For a move: the booking of the new time."""
    call_id: str
    agent_id: str
    asked_at: Moment
    """UTC."""
    checked_at: Moment | None
    """When Clinicea's calendar was last read for it. UTC."""
    problem: TaskProblem | None
    """Why the last look could not end it."""
    outcome: TaskOutcome | None
    """How it ended, as the calendar shows it."""
    done_at: Moment | None
    """UTC."""


@described
class Tasks(Answer):
    """One page of tasks. Nothing ends a task but a look into Clinicea's calendar."""

    tasks: list[Task]
    after: str | None
    """Send it as `after` for the next page; null on the last one. A page may be empty before it."""


@described
class FieldProblem(TypedDict):
    """A problem with one field; the field's value is never repeated."""

    field: str
    message: str


@described
class Error(TypedDict):
    """Fields of every error answer, including API Gateway's own."""

    status: Literal["error"]
    code: Code
    message: Message
    fields: list[FieldProblem]
    """Problems by field, for `invalid_request`."""
    request_id: str
    """Quote it to the connector's operator."""
