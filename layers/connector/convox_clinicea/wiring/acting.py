"""What a person acts on bookings with."""

from __future__ import annotations

from datetime import timedelta

from convox_clinicea import aws
from convox_clinicea.announced import AnnouncedCalls
from convox_clinicea.bookings.acting import Acting
from convox_clinicea.bookings.limits import Limits
from convox_clinicea.bookings.queue import BookingQueue, Queues
from convox_clinicea.deadline import Clock
from convox_clinicea.settings import ActionSettings
from convox_clinicea.table import Table
from convox_clinicea.wiring.ledger import ledger_from


def acting_from(settings: ActionSettings, clock: Clock) -> Acting:
    """Return what a person acts on parked bookings with."""
    limits = Limits(
        settle=timedelta(seconds=settings.settle_seconds), retention=timedelta(days=settings.retention_days)
    )
    ledger = ledger_from(settings.ledger_table, clock, limits.retention)
    queue = BookingQueue(aws.sqs(), Queues(settings.queue_url))
    announced = AnnouncedCalls(Table(aws.dynamodb(), settings.ledger_table), clock)
    return Acting(ledger=ledger, queue=queue, clock=clock, limits=limits, announced=announced)
