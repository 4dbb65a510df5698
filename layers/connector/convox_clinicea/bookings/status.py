"""The flow of `booking_status`: the state of bookings and the tasks, for the client that made them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Annotated
from zoneinfo import ZoneInfo

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import Field

from convox_clinicea import aws
from convox_clinicea.bookings import replies
from convox_clinicea.bookings.call import is_same_agent
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.ledger import Ledger, ledger_from
from convox_clinicea.bookings.pages import Unreadable
from convox_clinicea.bookings.protocol import Reason
from convox_clinicea.bookings.record import ID_PATTERN, Booking
from convox_clinicea.bookings.task_list import Tasks
from convox_clinicea.bookings.tasks import UNFINISHED, TaskState
from convox_clinicea.convox.disclosing import recipient_of, register_from
from convox_clinicea.convox.http import caller_of, path_parameter, reply
from convox_clinicea.convox.request import CallRequest, Inbound, ids_from, validated
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.disclosures import DisclosureRegister, HandedOut
from convox_clinicea.errors import NotFound
from convox_clinicea.function import Function
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.privacy import FreeTextIds
from convox_clinicea.rate_limits import RateLimiter, status_limiter
from convox_clinicea.settings import StatusSettings
from convox_clinicea.table import Table

MOST_IN_AN_ANSWER = 50
"""Bookings of a call that are read and shown; a usual call has one or two."""


@dataclass(frozen=True)
class CallBookings:
    """Bookings of a call.

    Attributes:
        bookings: in the order of acceptance, at most as many as one answer holds.
        not_booked: fields because of which the last requested appointment could not be booked; `body` if the callback
            could not be read.
        unreadable: records of the call that this release cannot read.
    """

    bookings: Sequence[Booking]
    not_booked: tuple[str, ...] = ()
    unreadable: int = 0
    more: bool = False
    """Whether the call has more bookings than `bookings`."""


class BookingStatus:
    """The service behind `booking_status`."""

    def __init__(self, ledger: Ledger, calls: Calls, ids: FreeTextIds) -> None:
        self._ledger = ledger
        self._calls = calls
        self._ids = ids

    def of(self, booking_id: str, caller: str) -> Booking:
        """Return the client's booking; raises NotFound if it does not exist or belongs to another client."""
        booking = self._ledger.get(booking_id) if re.fullmatch(ID_PATTERN, booking_id) else None
        if booking is None or booking.caller != caller:
            raise NotFound("no such booking")
        return booking

    def of_call(self, call_id: str, caller: str, agent_id: str | None = None) -> CallBookings:
        """Return the client's bookings of one call; empty for an unknown call.

        The call's item lists its bookings, and each is read by its id: both reads are consistent. The index, which
        lags by about a second, adds those of earlier releases and of a call with very many bookings.

        Args:
            agent_id: only bookings that this agent asked for; None: those of all agents.
        """
        unreadable = 0
        names = self._ids.shown(call_id)
        problems: tuple[str, ...] = ()
        wishes: tuple[str, ...] = ()
        own: set[str] = set()
        agent = None if agent_id is None else self._ids.agent(agent_id)
        try:
            call = self._calls.get(caller, *names)
            problems, wishes = call.problems_of_all, tuple(call.wishes.values())
            if agent is not None:
                leg = call.of_agent(agent)
                problems, own = leg.problems, leg.booking_ids_own
        except UnreadableRecord:
            unreadable = 1
        in_index = chain.from_iterable(self._ledger.records_of_call(caller, name) for name in names)
        named = chain(wishes, (each.booking_id for each in in_index))
        first = list(islice(_each_once(named), MOST_IN_AN_ANSWER + 1))
        found = [self._ledger.find(booking_id) for booking_id in first[:MOST_IN_AN_ANSWER]]
        unreadable += sum(isinstance(each, Unreadable) for each in found)
        read = [each for each in found if isinstance(each, Booking)]
        bookings = [each for each in read if each.caller == caller and each.call_id in names]
        if agent is not None:
            bookings = [each for each in bookings if each.booking_id in own or is_same_agent(each.agent_id, agent)]
        bookings.sort(key=lambda each: each.accepted_at)
        return CallBookings(bookings, problems, unreadable, more=len(first) > MOST_IN_AN_ANSWER)


def _each_once(booking_ids: Iterable[str]) -> Iterator[str]:
    known: set[str] = set()
    for each in booking_ids:
        if each not in known:
            known.add(each)
            yield each


SECONDS_FOR_THE_ENTRY = 5.0
NEW_PATIENT = "new_patient"


def record_shown(
    bookings: Sequence[Booking], register: DisclosureRegister, event: APIGatewayProxyEvent, clock: Clock
) -> None:
    """Record the disclosure of ids that the client did not send itself; raises NotRecorded."""
    deadline = Deadline.after(clock, SECONDS_FOR_THE_ENTRY)
    for call_id in dict.fromkeys(each.call_id for each in bookings):
        of_call = [each for each in bookings if each.call_id == call_id]
        register.add(told_by(of_call), recipient_of(event, None, call_id), deadline)


def told_by(bookings: Iterable[Booking]) -> list[HandedOut]:
    """Return the ids in an answer that disclose something from Clinicea, by patient.

    An id discloses nothing if the client sent it or the booking created it. Otherwise it tells whose number a new
    patient's number is (the record does not say whether the booking registered or found the patient), or that an
    appointment existed already.
    """
    fields: dict[str, list[str]] = {}
    for booking in bookings:
        if booking.patient_id is not None:
            fields.setdefault(booking.patient_id, []).extend(_told_of(booking))
    return [HandedOut(patient, tuple(dict.fromkeys(names))) for patient, names in fields.items() if names]


def _told_of(booking: Booking) -> Iterator[str]:
    if booking.flow == NEW_PATIENT:
        yield "patient_id"
    if booking.appointment_id is not None and (booking.flow == NEW_PATIENT or booking.reason is Reason.ALREADY_THERE):
        yield "appointment_id"


def booking_status_from(settings: StatusSettings, clock: Clock) -> BookingStatus:
    """Build the service."""
    calls = Calls(Table(aws.dynamodb(), settings.ledger_table), clock)
    return BookingStatus(
        ledger_from(settings.ledger_table, clock), calls, ids_from(settings, earlier=settings.earlier_call_names)
    )


class TasksRequest(Inbound):
    """`GET /tasks`; without a state, those that are not done."""

    state: TaskState | None = None
    after: Annotated[str, Field(min_length=1, max_length=100)] | None = None


@dataclass(frozen=True)
class StatusFlow:
    """The flow of `booking_status`: count the request, answer it, and record what it discloses."""

    status: BookingStatus
    tasks: Tasks
    register: DisclosureRegister
    limiter: RateLimiter
    clock: Clock

    def of_booking(self, event: APIGatewayProxyEvent) -> Response[str]:
        """Return the answer for the booking in the path; raises RateLimited, NotFound, NotRecorded."""
        self.limiter.acquire_status(caller_of(event))
        found = self.status.of(path_parameter(event, "booking_id"), caller_of(event))
        record_shown([found], self.register, event, self.clock)
        return reply(replies.booking(found))

    def of_call(self, event: APIGatewayProxyEvent) -> Response[str]:
        """Return the answer for the bookings of the call in path or query.

        Raises RateLimited, InvalidRequest, NotRecorded.
        """
        self.limiter.acquire_status(caller_of(event))
        in_path = path_parameter(event, "call_id") if event.path_parameters else None
        call_id = event.get_query_string_value("call_id") if in_path is None else in_path
        asked = {"call_id": call_id, "agent_id": event.get_query_string_value("agent_id")}
        request = validated(CallRequest, **{name: each for name, each in asked.items() if each is not None})
        found = self.status.of_call(request.call_id, caller_of(event), request.agent_id)
        record_shown(found.bookings, self.register, event, self.clock)
        return reply(replies.bookings(found))

    def of_tasks(self, event: APIGatewayProxyEvent) -> Response[str]:
        """Return a page of the client's tasks; raises RateLimited, InvalidRequest, NotStored.

        It discloses nothing: the client itself has asked for them, and an id that tells something is left out.
        """
        self.limiter.acquire_status(caller_of(event))
        asked = {name: event.get_query_string_value(name) for name in TasksRequest.model_fields}
        request = validated(TasksRequest, **{name: each for name, each in asked.items() if each is not None})
        states = UNFINISHED if request.state is None else [request.state]
        return reply(replies.tasks(self.tasks.page(states, request.after, client=caller_of(event))))


def status_flow(function: Function[StatusFlow]) -> StatusFlow:
    """Build the flow from the function's environment."""
    settings = StatusSettings.from_environment()
    zone = ZoneInfo(settings.time_zone)
    return StatusFlow(
        booking_status_from(settings, function.clock),
        Tasks(Table(aws.dynamodb(), settings.ledger_table), function.clock),
        register_from(settings, zone, ids_from(settings), function.clock, function.logger),
        status_limiter(settings, function.clock, function.logger, function.metrics),
        function.clock,
    )
