"""The flow of `booking_status`: the state of bookings, for the client that made them."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea.bookings.replies import booking, bookings
from convox_clinicea.bookings.status import BookingStatus, booking_status_from, record_shown
from convox_clinicea.convox.disclosing import register_from
from convox_clinicea.convox.http import reply
from convox_clinicea.convox.http_function import caller_of, path_parameter
from convox_clinicea.convox.request import CallRequest, ids_from, validated
from convox_clinicea.deadline import Clock
from convox_clinicea.disclosures import DisclosureRegister
from convox_clinicea.function import Function
from convox_clinicea.rate_limits import RateLimiter, status_limiter
from convox_clinicea.settings import StatusSettings


@dataclass(frozen=True)
class StatusFlow:
    """What answers how bookings stand; each question is counted, and what it shows is put on record."""

    status: BookingStatus
    register: DisclosureRegister
    limiter: RateLimiter
    clock: Clock

    def of_booking(self, event: APIGatewayProxyEvent) -> Response[str]:
        """Return the answer on the booking of the path; raises RateLimited, NotFound, NotRecorded."""
        self.limiter.acquire_status(caller_of(event))
        found = self.status.of(path_parameter(event, "booking_id"), caller_of(event))
        record_shown([found], self.register, event, self.clock)
        return reply(booking(found))

    def of_call(self, event: APIGatewayProxyEvent) -> Response[str]:
        """Return the answer on the bookings of the call in path or query.

        Raises RateLimited, InvalidRequest, NotRecorded.
        """
        self.limiter.acquire_status(caller_of(event))
        in_path = path_parameter(event, "call_id") if event.path_parameters else None
        call_id = event.get_query_string_value("call_id") if in_path is None else in_path
        asked = {"call_id": call_id, "agent_id": event.get_query_string_value("agent_id")}
        request = validated(CallRequest, **{name: each for name, each in asked.items() if each is not None})
        found = self.status.of_call(request.call_id, caller_of(event), request.agent_id)
        record_shown(found.bookings, self.register, event, self.clock)
        return reply(bookings(found))


def status_flow(function: Function[StatusFlow]) -> StatusFlow:
    """Return the flow, from the function's environment."""
    settings = StatusSettings.from_environment()
    zone = ZoneInfo(settings.time_zone)
    return StatusFlow(
        booking_status_from(settings, function.clock),
        register_from(settings, zone, ids_from(settings), function.clock, function.logger),
        status_limiter(settings, function.clock, function.logger, function.metrics),
        function.clock,
    )
