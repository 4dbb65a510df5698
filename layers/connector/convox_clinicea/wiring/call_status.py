"""What takes ConVox's status callbacks."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from convox_clinicea import aws
from convox_clinicea.announced import AnnouncedCalls
from convox_clinicea.bookings.callbacks import StatusCallbacks
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.open_bookings import OpenBookings
from convox_clinicea.bookings.queue import BookingQueue, Queues
from convox_clinicea.convox.dialect import Dialects
from convox_clinicea.convox.place import Place
from convox_clinicea.deadline import Clock
from convox_clinicea.free_text_ids import FreeTextIds
from convox_clinicea.sealing import KmsSealer
from convox_clinicea.settings import CallStatusSettings
from convox_clinicea.table import Table
from convox_clinicea.wiring.deployment import dialects_from
from convox_clinicea.wiring.identity import ids_from
from convox_clinicea.wiring.intake import drafter_from, place_from


class StatusDesk(NamedTuple):
    """What `call_status` needs."""

    settings: CallStatusSettings
    dialects: Dialects
    place: Place
    callbacks: StatusCallbacks
    announced: AnnouncedCalls
    ids: FreeTextIds


def status_desk(settings: CallStatusSettings, clock: Clock, metrics: Metrics) -> StatusDesk:
    """Return the parts of the function that takes ConVox's status callbacks."""
    place = place_from(settings)
    table = Table(aws.dynamodb(), settings.ledger_table)
    ledger = Ledger(table, clock)
    callbacks = StatusCallbacks(
        calls=Calls(table, clock, timedelta(days=settings.retention_days)),
        ledger=ledger,
        queue=BookingQueue(aws.sqs(), Queues(settings.queue_url)),
        drafter=drafter_from(settings, place, clock),
        sealer=KmsSealer(aws.kms(), settings.data_key_id),
        clock=clock,
        count=lambda metric: metrics.add_metric(metric, MetricUnit.Count, 1),
        open_bookings=OpenBookings(table, ledger, clock, settings.open_bookings_per_number),
    )
    announced = AnnouncedCalls(Table(aws.dynamodb_at_once(), settings.ledger_table), clock)
    return StatusDesk(settings, dialects_from(settings), place, callbacks, announced, ids_from(settings))
