"""What runs each minute."""

from __future__ import annotations

from datetime import timedelta

from aws_lambda_powertools import Logger

from convox_clinicea import aws
from convox_clinicea.bookings.backlog import Backlog
from convox_clinicea.bookings.limits import Limits
from convox_clinicea.bookings.locks import Locks
from convox_clinicea.bookings.sweeper import Sweeper
from convox_clinicea.deadline import Clock
from convox_clinicea.settings import QueueSettings
from convox_clinicea.table import Table
from convox_clinicea.wiring.ledger import ledger_from
from convox_clinicea.wiring.queue import notices_from, queue_from


def sweeper_from(settings: QueueSettings, clock: Clock, logger: Logger) -> Sweeper:
    """Return the sweeper."""
    limits = Limits(age=timedelta(hours=settings.age_limit_hours), retention=timedelta(days=settings.retention_days))
    ledger = ledger_from(settings.ledger_table, clock, limits.retention)
    notices = notices_from(settings, ledger, logger)
    locks = Locks(Table(aws.dynamodb(), settings.ledger_table), ledger, clock, limits.settle)
    queue = queue_from(settings)
    return Sweeper(ledger=ledger, locks=locks, queue=queue, notices=notices, clock=clock, limits=limits)


def backlog_from(settings: QueueSettings, clock: Clock) -> Backlog:
    """Return what measures the bookings that are still open."""
    return Backlog(ledger_from(settings.ledger_table, clock), clock)
