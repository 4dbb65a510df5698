"""The two booking flows: read a request, check limits, store the booking, answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea.bookings.intake import BookingCollaborators, booking_collaborators, or_not_stored
from convox_clinicea.bookings.replies import accepted
from convox_clinicea.bookings.requests import KnownPatientBooking, NewPatientBooking
from convox_clinicea.convox.aliases import naming_aliases
from convox_clinicea.convox.http_function import caller_of, request_id_of
from convox_clinicea.convox.request import from_request
from convox_clinicea.function import Function
from convox_clinicea.rate_limits import RateLimiter, Requester, booking_limiter
from convox_clinicea.settings import IntakeSettings

R = TypeVar("R", KnownPatientBooking, NewPatientBooking)


@dataclass(frozen=True)
class BookingFlow:
    """What takes requests for appointments."""

    function: Function[BookingFlow]
    collaborators: BookingCollaborators
    limiter: RateLimiter

    def answer(self, kind: type[R], event: APIGatewayProxyEvent, *metrics: str, **path: str) -> Response[str]:
        """Return the answer to a request once its booking is stored, or what it was answered before.

        Args:
            kind: what the request has to hold.
            metrics: what a booking that is new is counted as, beside `BookingAccepted`.
            path: the parameters of the request's path.

        Raises:
            Unauthorized, InvalidRequest, TooLarge, ConsentRequired: of the request.
            RateLimited: the client or the agent books too often; nothing is stored.
            NotStored: ledger or queue did not confirm; the same request may be sent again.
        """
        settings, dialects, defaults, intake = self.collaborators
        client = caller_of(event)
        dialect = dialects.for_client(client)
        request, aliases_used = from_request(kind, event, dialect, **path)
        with naming_aliases(aliases_used):
            request.with_context(required=settings.require_call_context, country=settings.default_country)
            self.limiter.acquire_booking(Requester(client, request.agent_id))
            found = intake.accept(request.canonical(client, defaults.in_dialect(dialect), request_id_of(event)))
        for metric in ("BookingAccepted", *metrics):
            self.function.metrics.add_metric(metric, MetricUnit.Count, int(not found.repeated))
        return accepted(found, event, settings.accepted_status)


def booking_flow(function: Function[BookingFlow]) -> BookingFlow:
    """Return the flow, from the function's environment; raises NotStored where it cannot be built."""
    with or_not_stored():
        settings = IntakeSettings.from_environment()
        limiter = booking_limiter(settings, function.clock, function.logger, function.metrics)
        return BookingFlow(function, booking_collaborators(settings, function.clock), limiter)
