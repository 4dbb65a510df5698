"""The shapes of all answers, in the contract's names: what `replies` builds and what docs/openapi.json describes.

The lines under a field are its description there. Absent values are null, never left out.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, with_config
from typing_extensions import TypedDict

from convox_clinicea.bookings.protocol import Reason, State

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
Message = Annotated[str, Field(description="A sentence that an agent may read.")]
BookingId = Annotated[str, Field(json_schema_extra={"pattern": "^bk_[a-z2-7]{26}$"})]


@described
class Answer(TypedDict):
    """What every successful answer has."""

    status: Literal["success"]
    message: Message


@described
class Patient(TypedDict):
    """A patient of Clinicea. Of several on one number `mobile`, `email`, `address` and `last_visit` are null."""

    patient_id: str
    """Clinicea's id; the other routes take it."""
    file_no: str | None
    """The number of the patient's file at the clinic."""
    name: str | None
    mobile: str | None
    """E.164, the number that was searched."""
    gender: str | None
    """As Clinicea writes it; `M` and `F` as Male and Female."""
    date_of_birth: Date | None
    email: str | None
    address: str | None
    last_visit: Date | None


@described
class Match(Answer):
    """Who has the number; nobody is an answer too."""

    match: Literal["none", "one", "many"]
    patients: list[Patient]
    """All that have it, not only the first. With `many` the agent asks who is calling."""


@described
class Clinic(TypedDict):
    """Where a visit was; name and address as the clinics document has them, or as Clinicea says."""

    clinic_id: str | None
    name: str | None
    address: str | None


@described
class Appointment(TypedDict):
    """A completed visit or, where the deployment shows those, a past appointment that nobody marked as completed."""

    appointment_id: str
    start: Moment | None
    """With the clinic's offset."""
    end: Moment | None
    service: str | None
    practitioner: str | None
    status: str | None
    """As Clinicea writes it, such as `Check Out`."""
    completed: bool | None
    """False for a past appointment that nobody marked as completed; null where its status does not say."""
    clinic: Clinic


@described
class Completed(Answer):
    """The patient's last visits, newest first; none for a patient that Clinicea does not know."""

    appointments: list[Appointment]


@described
class PopUp(Answer):
    """Search and completed visits in one; it never fails because of Clinicea."""

    match: Literal["none", "one", "many"] | None
    """Null if Clinicea did not answer the search in time."""
    patients: list[Patient]
    appointments: list[Appointment] | None
    """Of the one patient; null unless exactly one has the number and Clinicea told the visits in time."""
    degraded: bool
    """Whether something was left out because Clinicea did not answer in time."""


@described
class Acceptance(Answer):
    """The booking that the request stands for; ledger and queue both hold it."""

    booking_id: BookingId
    state: State
    repeated: bool
    """The same request came before; this is still the first booking."""
    changed: bool
    """It came before with other content (notes, duration, …); the first content counts."""


@described
class CallStatus(Answer):
    """What became of a status callback: the booking that it asked for, or the call's, or none.

    Another person on the same call is a booking beside. `message` says where a booking waits because of the call's
    other one, stands for something else, or where the agent has returned to it.
    """

    booking_id: BookingId | None
    """Null if the callback asked for no appointment and the call has no booking."""
    state: State | None
    repeated: bool
    """The same was asked for on this call before, by a callback or by one of the booking routes."""
    changed: bool
    """The booking stands for something else than this callback says: other content, or what was recorded later."""
    left_out: list[str]
    """Optional fields of the callback that could not be used, or not whole; the appointment was taken without them."""


@described
class Booking(TypedDict):
    """How a booking stands."""

    booking_id: BookingId
    state: State
    appointment_id: str | None
    """Clinicea's id, once the appointment stands."""
    patient_id: str | None
    reason: Reason | None
    """Why the booking was rejected, waits for a person, or was booked without a new appointment."""
    accepted_at: Moment
    """UTC."""
    updated_at: Moment
    """UTC."""


@described
class BookingAnswer(Answer, Booking):
    """One booking."""


@described
class CallBookings(Answer):
    """The call's bookings, in the order in which they were accepted.

    What status callbacks asked for is there at once; a booking that one of the flows has just taken may be missing for
    a second or so.
    """

    bookings: list[Booking]
    not_booked: list[str]
    """The fields for which the last appointment that the call asked for could not be booked; `body` if a callback could
    not be read. Empty if nothing waits for a person."""


@described
class FieldProblem(TypedDict):
    """What is wrong with one field; its value is never repeated."""

    field: str
    message: str


@described
class Error(TypedDict):
    """What every error answer has, API Gateway's own included."""

    status: Literal["error"]
    code: Code
    message: Message
    fields: list[FieldProblem]
    """Of an `invalid_request`: what is wrong where."""
    request_id: str
    """For questions to the connector's operator."""
