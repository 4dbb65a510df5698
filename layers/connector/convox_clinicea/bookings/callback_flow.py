"""The flow of `call_status`: trace a status callback first, then handle and answer it (rule 21)."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea import aws
from convox_clinicea.announcements import AgentCalls, AnnouncedCalls
from convox_clinicea.bookings.call_ends import FAILURES, CallEndBookings, call_ends_from
from convox_clinicea.bookings.call_status import StatusReader
from convox_clinicea.bookings.callback_traces import closing, counted, log_receipt, seen_at_least
from convox_clinicea.bookings.callbacks import Callback, StatusCallbacks
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.drafting import OpenBookings
from convox_clinicea.bookings.intake import Intake, drafter_from, or_not_stored, request_defaults_from
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.messages import BookingQueue
from convox_clinicea.bookings.replies import call_status
from convox_clinicea.convox.aliases import naming_aliases
from convox_clinicea.convox.defaults import RequestDefaults
from convox_clinicea.convox.dialect import Dialects
from convox_clinicea.convox.http import HttpFunction, caller_of
from convox_clinicea.convox.request import dialects_from, ids_from
from convox_clinicea.deadline import Clock
from convox_clinicea.function import Function, failure
from convox_clinicea.privacy import FreeTextIds
from convox_clinicea.rate_limits import RateLimiter, Requester, booking_limiter
from convox_clinicea.sealing import KmsSealer
from convox_clinicea.settings import CallStatusSettings
from convox_clinicea.table import Table


class CallbackCollaborators(NamedTuple):
    """Collaborators of `call_status`."""

    settings: CallStatusSettings
    dialects: Dialects
    defaults: RequestDefaults
    callbacks: StatusCallbacks
    announced: AnnouncedCalls
    at_the_desk: AgentCalls
    ids: FreeTextIds
    call_ends: CallEndBookings


def callback_collaborators(settings: CallStatusSettings, clock: Clock, metrics: Metrics) -> CallbackCollaborators:
    """Build the collaborators of the function for ConVox's status callbacks."""
    defaults = request_defaults_from(settings)
    table = Table(aws.dynamodb(), settings.ledger_table)
    ledger = Ledger(table, clock)
    calls = Calls(table, clock, timedelta(days=settings.retention_days))
    queue = BookingQueue(aws.sqs(), settings.queue_url)
    drafter = drafter_from(settings, defaults, clock)
    open_bookings = OpenBookings(table, ledger, clock, settings.open_bookings_per_number)
    callbacks = StatusCallbacks(
        calls=calls,
        ledger=ledger,
        queue=queue,
        drafter=drafter,
        sealer=KmsSealer(aws.kms(), settings.kms_key_arn),
        clock=clock,
        count=lambda metric: metrics.add_metric(metric, MetricUnit.Count, 1),
        open_bookings=open_bookings,
    )
    intake = Intake(ledger=ledger, calls=calls, queue=queue, drafter=drafter, clock=clock, open_bookings=open_bookings)
    at_once = Table(aws.dynamodb_at_once(), settings.ledger_table)
    return CallbackCollaborators(
        settings,
        dialects_from(settings),
        defaults,
        callbacks,
        AnnouncedCalls(at_once, clock),
        AgentCalls(at_once, clock),
        ids_from(settings),
        call_ends_from(settings, intake, clock, metrics),
    )


Parts = tuple[CallbackCollaborators, RateLimiter]


def callback_parts(function: Function[Parts]) -> Parts:
    """Build the parts from the function's environment."""
    settings = CallStatusSettings.from_environment()
    limiter = booking_limiter(settings, function.clock, function.logger, function.metrics)
    return callback_collaborators(settings, function.clock, function.metrics), limiter


def make_what_waits(function: HttpFunction[Parts], call_ends: CallEndBookings, callback: Callback) -> None:
    """Make what the agent's desk keeps for the call's end, before the callback itself: it may ask for the same.

    What cannot be made now the sweeper makes; the callback is handled all the same.
    """
    agent_id = callback.caller.agent_id
    if agent_id is None:
        return
    try:
        made = call_ends.make(callback.caller.name, agent_id, callback.call_id)
    except FAILURES as error:
        function.logger.error("a booking that waits for its call's end was not made", extra=failure(error))
        return
    accepted = sum(not each.repeated for each in made)
    function.metrics.add_metric("BookingAccepted", MetricUnit.Count, accepted)


def answer_callback(function: HttpFunction[Parts], event: APIGatewayProxyEvent) -> Response[str]:
    """Return the answer to a status callback.

    ConVox does not repeat it, so call and agent are logged and counted before the first write.

    Raises:
        Unauthorized, InvalidRequest, TooLarge, ConsentRequired, RateLimited: the request is refused.
        NotStored: it could not be stored. The trace shows that, and an alarm goes off.
    """
    with counted(function.metrics):  # rule 21: counted and logged before the first write
        client = caller_of(event)
        with seen_at_least(function.logger, event, client), or_not_stored():
            (settings, dialects, defaults, callbacks, announced, at_the_desk, ids, call_ends), limiter = (
                function.parts()
            )
        dialect = dialects.for_client(client)
        reader = StatusReader(client, dialect, defaults, context_required=settings.require_call_context)
        callback = reader.read(event)
        log_receipt(function.logger, callback, defaults.default_country)
        of_the_desk = client == settings.desk_client
        with closing(announced, at_the_desk if of_the_desk else None, callback, ids, function.logger):
            limiter.acquire_booking(Requester(client, callback.caller.agent_id))
            if of_the_desk:
                make_what_waits(function, call_ends, callback)
            with naming_aliases(callback.aliases_used):
                result = callbacks.handle(callback)
            return call_status(result, event, settings.accepted_status)
