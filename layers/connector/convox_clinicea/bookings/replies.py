"""Replies of the booking, status and callback routes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.convox.http import SUCCESS, reply
from convox_clinicea.table import timestamp

if TYPE_CHECKING:  # a function loads the service of its own flow only
    from convox_clinicea.bookings.callbacks import CallbackResult
    from convox_clinicea.bookings.intake import Acceptance
    from convox_clinicea.bookings.status import CallBookings
    from convox_clinicea.bookings.task_list import TaskPage
    from convox_clinicea.bookings.tasks import Task
    from convox_clinicea.convox import contract as answers


_STATE_MESSAGES = {
    State.ACCEPTED: "The booking is accepted and will be made in Clinicea.",
    State.SENDING: "The booking is being made in Clinicea.",
    State.UNKNOWN: "The booking was sent; the connector is checking its outcome in Clinicea.",
    State.BOOKED: "The appointment is booked in Clinicea.",
    State.REJECTED: "The booking was rejected; see the reason.",
    State.NEEDS_ATTENTION: "The booking needs a person's decision; see the reason.",
}
_NOTED = "The call's status is recorded."
_BOOKING_STAYS = "The call's status is recorded; its booking is unchanged."
_NOT_BOOKED = "A callback may have asked for an appointment that could not be booked. A person must check it."
_UNREADABLE = "Part of this call's data cannot be shown now. Please tell the connector's operator."
_WAITS = "This one waits; an operator is notified."
_WAITING = {
    Reason.CHANGED_AFTER_BOOKING: f"This patient has another booking on this call. {_WAITS}",
    Reason.MAYBE_SAME_PERSON: f"Another booking on this call may be for the same person. {_WAITS}",
}
"""Messages for a booking that waits from the beginning because of the call's other booking."""
_GIVEN_UP = "The booking was withdrawn: the agent returned to the call's other booking."
_BESIDE = "The call has another booking as well."
_CHANGED = "The booking differs from what this callback says."
_DROPPED = "An earlier request of this call is no longer wanted; it is not booked."
_NONE_KNOWN_YET = (
    "No booking is known for this call yet. "
    "A booking accepted a moment ago may be missing; request it by its booking_id."
)


def accepted(acceptance: Acceptance, event: APIGatewayProxyEvent, accepted_status: int) -> Response[str]:
    """Return 202 (or the deployment's status for it); 200 if a repeat finds the booking ended."""
    ended = acceptance.repeated and acceptance.booking.state.ended
    where = {"Location": location(event, acceptance.booking.booking_id)}
    return reply(_acceptance(acceptance), HTTPStatus.OK if ended else accepted_status, where)


def call_status(taken: CallbackResult, event: APIGatewayProxyEvent, accepted_status: int) -> Response[str]:
    """Return the answer that ConVox documents for a status callback, with the booking if there is one."""
    record = taken.booking
    if record is None:
        return reply(_call_status(_NOTED, None, taken))
    told = [_state(record) if taken.asked else _BOOKING_STAYS]
    told += [sentence for sentence, said in _also(taken).items() if said]
    done = not taken.asked or (taken.repeated and record.state.ended)
    where = {"Location": location(event, record.booking_id)}
    return reply(_call_status(" ".join(told), record, taken), HTTPStatus.OK if done else accepted_status, where)


def _also(taken: CallbackResult) -> dict[str, bool]:
    return {_BESIDE: taken.beside, _CHANGED: taken.changed, _DROPPED: taken.dropped}


def _state(record: Booking) -> str:
    """Return a booking's state in words for an agent."""
    if record.reason is Reason.NO_LONGER_WANTED:
        return _GIVEN_UP
    waiting = _WAITING.get(record.reason) if record.reason and record.state.parked else None
    return waiting or _STATE_MESSAGES[record.state]


def _call_status(message: str, record: Booking | None, taken: CallbackResult) -> answers.CallStatus:
    return {
        "status": SUCCESS,
        "message": message,
        "booking_id": None if record is None else record.booking_id,
        "state": None if record is None else record.state,
        "repeated": taken.repeated,
        "changed": taken.changed,
        "left_out": list(taken.left_out),
    }


def _acceptance(accepted: Acceptance) -> answers.Acceptance:
    return {
        "status": SUCCESS,
        "message": _state(accepted.booking),
        "booking_id": accepted.booking.booking_id,
        "state": accepted.booking.state,
        "repeated": accepted.repeated,
        "changed": accepted.changed,
    }


def booking(record: Booking) -> answers.BookingAnswer:
    return {"status": SUCCESS, "message": _state(record), **_booking(record)}


def bookings(call: CallBookings) -> answers.CallBookings:
    count = len(call.bookings)
    message = f"{count} booking{'s' * (count != 1)} on this call." if count else _NONE_KNOWN_YET
    if call.more:
        message = f"This call has more bookings than the {count} shown; request the others by their booking_id."
    more = [_NOT_BOOKED] * bool(call.not_booked) + [_UNREADABLE] * bool(call.unreadable)
    return {
        "status": SUCCESS,
        "message": " ".join([message, *more]),
        "bookings": [_booking(record) for record in call.bookings],
        "not_booked": list(call.not_booked),
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


def tasks(page: TaskPage) -> answers.Tasks:
    count = len(page.tasks)
    return {
        "status": SUCCESS,
        "message": f"{count} task{'s' * (count != 1)} for a person in Clinicea." if count else "No tasks on this page.",
        "tasks": [_task(each) for each in page.tasks],
        "after": page.after,
    }


def _task(task: Task) -> answers.Task:
    return {
        "task_id": task.task_id,
        "kind": task.kind,
        "state": task.stage,
        "why": task.why,
        "appointment_id": None if task.telling else task.appointment_id,
        "clinic_id": task.clinic_id,
        "start": timestamp(task.start),
        "booking_id": task.booking_id,
        "new_booking_id": task.new_booking_id,
        "call_id": task.call_id,
        "agent_id": task.agent_id,
        "asked_at": timestamp(task.asked_at),
        "checked_at": None if task.checked_at is None else timestamp(task.checked_at),
        "problem": task.problem,
        "outcome": task.outcome,
        "done_at": None if task.done_at is None else timestamp(task.done_at),
    }


def location(event: APIGatewayProxyEvent, booking_id: str) -> str:
    """Return the booking's absolute address, stage or base path included.

    The gateway's path has the stage (or a custom domain's base path) before the route. The route is the resource with
    its parameters filled in.
    """
    context: Mapping[str, Any] = event.raw_event.get("requestContext") or {}
    path = str(context.get("path") or "")
    route = re.sub(r"\\{\w+\\}", ".+", re.escape(str(event.raw_event.get("resource") or "")))
    found = re.fullmatch(f"(.*?){route}/?", path)
    before = found[1].strip("/") if found else ""
    host = context.get("domainName") or event.headers.get("Host") or "localhost"
    scheme = "http" if event.headers.get("X-Forwarded-Proto") == "http" else "https"
    return f"{scheme}://{'/'.join(filter(None, (str(host), before)))}/bookings/{booking_id}"
