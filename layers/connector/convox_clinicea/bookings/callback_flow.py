"""The flow of `call_status`: trace a status callback first, then handle and answer it (rule 21)."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea import aws
from convox_clinicea.announcements import AnnouncedCalls
from convox_clinicea.bookings.call_status import StatusReader
from convox_clinicea.bookings.callback_traces import closing, counted, log_receipt, seen_at_least
from convox_clinicea.bookings.callbacks import StatusCallbacks
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.drafting import OpenBookings
from convox_clinicea.bookings.intake import drafter_from, or_not_stored, request_defaults_from
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.messages import BookingQueue
from convox_clinicea.bookings.replies import call_status
from convox_clinicea.convox.aliases import naming_aliases
from convox_clinicea.convox.defaults import RequestDefaults
from convox_clinicea.convox.dialect import Dialects
from convox_clinicea.convox.http import HttpFunction, caller_of
from convox_clinicea.convox.request import dialects_from, ids_from
from convox_clinicea.deadline import Clock
from convox_clinicea.function import Function
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
    ids: FreeTextIds


def callback_collaborators(settings: CallStatusSettings, clock: Clock, metrics: Metrics) -> CallbackCollaborators:
    """Build the collaborators of the function for ConVox's status callbacks."""
    defaults = request_defaults_from(settings)
    table = Table(aws.dynamodb(), settings.ledger_table)
    ledger = Ledger(table, clock)
    callbacks = StatusCallbacks(
        calls=Calls(table, clock, timedelta(days=settings.retention_days)),
        ledger=ledger,
        queue=BookingQueue(aws.sqs(), settings.queue_url),
        drafter=drafter_from(settings, defaults, clock),
        sealer=KmsSealer(aws.kms(), settings.kms_key_arn),
        clock=clock,
        count=lambda metric: metrics.add_metric(metric, MetricUnit.Count, 1),
        open_bookings=OpenBookings(table, ledger, clock, settings.open_bookings_per_number),
    )
    announced = AnnouncedCalls(Table(aws.dynamodb_at_once(), settings.ledger_table), clock)
    return CallbackCollaborators(settings, dialects_from(settings), defaults, callbacks, announced, ids_from(settings))


Parts = tuple[CallbackCollaborators, RateLimiter]


def callback_parts(function: Function[Parts]) -> Parts:
    """Build the parts from the function's environment."""
    settings = CallStatusSettings.from_environment()
    limiter = booking_limiter(settings, function.clock, function.logger, function.metrics)
    return callback_collaborators(settings, function.clock, function.metrics), limiter


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
            (settings, dialects, defaults, callbacks, announced, ids), limiter = function.parts()
        dialect = dialects.for_client(client)
        reader = StatusReader(client, dialect, defaults, context_required=settings.require_call_context)
        callback = reader.read(event)
        log_receipt(function.logger, callback, defaults.default_country)
        with closing(announced, callback, ids, function.logger):
            limiter.acquire_booking(Requester(client, callback.caller.agent_id))
            with naming_aliases(callback.aliases_used):
                result = callbacks.handle(callback)
            return call_status(result, event, settings.accepted_status)
