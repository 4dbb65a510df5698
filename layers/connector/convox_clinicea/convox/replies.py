"""What ConVox gets: the only place where a patient's data is revealed to an agent.

Every answer has `status` and a `message` fit for an agent; absent values are null, never left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea.bookings.callbacks import Taken
from convox_clinicea.bookings.intake import Acceptance
from convox_clinicea.bookings.record import Booking, timestamp
from convox_clinicea.bookings.states import Reason, State
from convox_clinicea.clinicea import Patient
from convox_clinicea.mobile import Mobile
from convox_clinicea.patients.completed import CompletedAppointment
from convox_clinicea.patients.popup import PopUp
from convox_clinicea.patients.search import Match, MatchKind
from convox_clinicea.privacy import Personal

if TYPE_CHECKING:  # the shapes are for the type checker and for docs/openapi.json; a cold start needs none
    from convox_clinicea.convox import answers

SUCCESS: Literal["success"] = "success"

_MATCH_MESSAGES = {
    MatchKind.NONE: "No patient has this number.",
    MatchKind.ONE: "One patient has this number.",
    MatchKind.MANY: "Several patients share this number. Ask who is calling.",
}
_STATE_MESSAGES = {
    State.ACCEPTED: "The booking is accepted and will be made in Clinicea.",
    State.SENDING: "The booking is being made in Clinicea.",
    State.UNKNOWN: "The booking was sent; whether Clinicea made it is being checked.",
    State.BOOKED: "The appointment stands in Clinicea.",
    State.REJECTED: "Clinicea refused the booking; see the reason.",
    State.NEEDS_ATTENTION: "The booking waits for a person; see the reason.",
}
_NOTED = "The call's status is noted."
_BOOKING_STAYS = "The call's status is noted; its booking stays as it is."
_CHANGED_TOO_LATE = "The call's first booking was on its way already. A person has been told of the change."
_NO_ANSWER = "The clinic's system did not answer in time. Ask who is calling, and search again."
_NO_VISITS = "The clinic's system did not show the last visits in time."


def reply(body: answers.Answer, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response[str]:
    """Return a successful answer."""
    return Response(
        status_code=status,
        content_type="application/json",
        body=json.dumps(body, ensure_ascii=False),
        headers=dict(headers or {}),
    )


def match(found: Match, mobile: Mobile) -> answers.Match:
    """Of several patients only what tells a family apart; `mobile` is the number that was searched."""
    one = found.kind is MatchKind.ONE
    return {
        "status": SUCCESS,
        "message": _MATCH_MESSAGES[found.kind],
        "match": found.kind.value,
        "patients": [_patient(patient, mobile if one else None) for patient in found.patients],
    }


def completed(appointments: Sequence[CompletedAppointment]) -> answers.Completed:
    count = len(appointments)
    return {
        "status": SUCCESS,
        "message": "No completed appointments." if not count else f"{count} completed appointment{'s' * (count > 1)}.",
        "appointments": [_completed(appointment) for appointment in appointments],
    }


def popup(found: PopUp, mobile: Mobile) -> answers.PopUp:
    """The match and, for one patient, the completed appointments; degraded where Clinicea left something out."""
    who = None if found.match is None else match(found.match, mobile)
    visits = None if found.appointments is None else completed(found.appointments)
    said = [part["message"] for part in (who, visits) if part is not None]
    if found.degraded:
        said.append(_NO_VISITS if found.match else _NO_ANSWER)
    return {
        "status": SUCCESS,
        "message": " ".join(said),
        "match": None if who is None else who["match"],
        "patients": [] if who is None else who["patients"],
        "appointments": None if visits is None else visits["appointments"],
        "degraded": found.degraded,
    }


def accepted(acceptance: Acceptance, event: APIGatewayProxyEvent, accepted_status: int) -> Response[str]:
    """Return 202 (or what the deployment uses for it); 200 if a repeat finds the booking ended."""
    ended = acceptance.repeated and acceptance.booking.state.ended
    where = {"Location": location(event, acceptance.booking.booking_id)}
    return reply(_acceptance(acceptance), HTTPStatus.OK if ended else accepted_status, where)


def call_status(taken: Taken, event: APIGatewayProxyEvent, accepted_status: int) -> Response[str]:
    """Return what ConVox documents for a status callback, and the booking where there is one."""
    record = taken.booking
    if record is None:
        return reply(_call_status(_NOTED, None, taken))
    message = _STATE_MESSAGES[record.state] if taken.asked else _BOOKING_STAYS
    if record.reason is Reason.CHANGED_AFTER_BOOKING:
        message = _CHANGED_TOO_LATE
    done = not taken.asked or (taken.repeated and record.state.ended)
    where = {"Location": location(event, record.booking_id)}
    return reply(_call_status(message, record, taken), HTTPStatus.OK if done else accepted_status, where)


def _call_status(message: str, record: Booking | None, taken: Taken) -> answers.CallStatus:
    return {
        "status": SUCCESS,
        "message": message,
        "booking_id": None if record is None else record.booking_id,
        "state": None if record is None else record.state,
        "repeated": taken.repeated,
        "changed": taken.changed,
    }


def _acceptance(accepted: Acceptance) -> answers.Acceptance:
    return {
        "status": SUCCESS,
        "message": _STATE_MESSAGES[accepted.booking.state],
        "booking_id": accepted.booking.booking_id,
        "state": accepted.booking.state,
        "repeated": accepted.repeated,
        "changed": accepted.changed,
    }


def booking(record: Booking) -> answers.BookingAnswer:
    return {"status": SUCCESS, "message": _STATE_MESSAGES[record.state], **_booking(record)}


def bookings(records: Sequence[Booking]) -> answers.CallBookings:
    count = len(records)
    return {
        "status": SUCCESS,
        "message": f"{count} booking{'s' * (count != 1)} on this call.",
        "bookings": [_booking(record) for record in records],
    }


def _booking(record: Booking) -> answers.Booking:
    return {
        "booking_id": record.booking_id,
        "state": record.state,
        "appointment_id": record.appointment_id,
        "patient_id": record.patient_id,
        "reason": record.reason,
        "accepted_at": timestamp(record.accepted_at),
        "updated_at": timestamp(record.updated_at),
    }


def location(event: APIGatewayProxyEvent, booking_id: str) -> str:
    """Return the booking's absolute address, stage or base path included.

    The gateway's path has the stage (or a custom domain's base path) before the route; the route has as many
    segments as its resource.
    """
    context: Mapping[str, Any] = event.raw_event.get("requestContext") or {}
    outside = str(context.get("path") or "").strip("/").split("/")
    route = str(event.raw_event.get("resource") or "").strip("/").split("/")
    before = outside[: len(outside) - len(route)]
    host = context.get("domainName") or event.headers.get("Host") or "localhost"
    scheme = event.headers.get("X-Forwarded-Proto") or "https"
    return f"{scheme}://{'/'.join([str(host), *before])}/bookings/{booking_id}"


def _patient(patient: Patient, mobile: Mobile | None) -> answers.Patient:
    whole = mobile is not None
    return {
        "patient_id": patient.patient_id,
        "file_no": _revealed(patient.file_no),
        "name": _revealed(patient.full_name),
        "mobile": _revealed(mobile),
        "gender": _revealed(patient.gender),
        "date_of_birth": patient.date_of_birth.reveal().isoformat() if patient.date_of_birth else None,
        "email": _revealed(patient.email) if whole else None,
        "address": _revealed(patient.address) if whole else None,
        "last_visit": patient.last_visit.reveal().isoformat() if whole and patient.last_visit else None,
    }


def _completed(completed: CompletedAppointment) -> answers.Appointment:
    appointment = completed.appointment
    return {
        "appointment_id": appointment.appointment_id,
        "start": _time(appointment.start),
        "end": _time(appointment.end),
        "service": _revealed(appointment.service),
        "practitioner": appointment.practitioner,
        "clinic": {
            "clinic_id": appointment.clinic_id,
            "name": completed.clinic_name,
            "address": completed.clinic_address,
        },
    }


def _revealed(value: Personal[str] | None) -> str | None:
    return None if value is None else value.reveal()


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
