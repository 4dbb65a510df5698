"""What takes bookings from the queue to Clinicea."""

from __future__ import annotations

from datetime import timedelta

from aws_lambda_powertools import Logger, Metrics

from convox_clinicea import aws
from convox_clinicea.bookings.calendar import Calendar
from convox_clinicea.bookings.canary import Canary
from convox_clinicea.bookings.delivery import Delivery
from convox_clinicea.bookings.limits import Limits
from convox_clinicea.bookings.locks import Locks
from convox_clinicea.bookings.posting import Posting
from convox_clinicea.bookings.worker import Worker
from convox_clinicea.deadline import Clock
from convox_clinicea.sealing import KmsSealer
from convox_clinicea.settings import WorkerSettings
from convox_clinicea.sharing.allowance import Asker
from convox_clinicea.sharing.pace import PacedTransport
from convox_clinicea.table import Table
from convox_clinicea.wiring import clinicea
from convox_clinicea.wiring.allowance import of_outcomes
from convox_clinicea.wiring.deployment import clinics_from
from convox_clinicea.wiring.ledger import ledger_from
from convox_clinicea.wiring.queue import notices_from, queue_from


def delivery_from(settings: WorkerSettings, clock: Clock, logger: Logger, metrics: Metrics) -> Delivery:
    """Return what takes the queue's messages to the worker."""
    limits = Limits(
        lease_seconds=settings.lease_seconds,
        settle=timedelta(seconds=settings.settle_seconds),
        age=timedelta(hours=settings.age_limit_hours),
        retention=timedelta(days=settings.retention_days),
    )
    limits.check(worker_seconds=settings.worker_seconds, visibility_seconds=settings.visibility_seconds)
    carried_by = clinicea.transport(settings.clinicea_url)
    if settings.clinicea_per_second:
        turns = Table(aws.dynamodb(), settings.ledger_table)
        carried_by = PacedTransport(carried_by, turns, settings.clinicea_per_second, clock)
    client = clinicea.clinicea_from(settings, clinics_from(settings), clock, carried_by=carried_by)
    ledger = ledger_from(settings.ledger_table, clock, limits.retention)
    canary = Canary(
        table=Table(aws.dynamodb(), settings.ledger_table),
        ledger=ledger,
        setup=client.setup,
        clock=clock,
        limits=limits,
        account=" ".join((settings.clinicea_url, settings.clinicea_authentication, settings.canary)),
        on=settings.read_backs and settings.canary != "off",
    )
    calendar = Calendar(client, ledger, readable=settings.read_backs)
    worker = Worker(
        ledger=ledger,
        calendar=calendar,
        sealer=KmsSealer(aws.kms(), settings.data_key_id),
        notices=notices_from(settings, ledger, logger),
        clock=clock,
        limits=limits,
        canary=canary,
        locks=Locks(Table(aws.dynamodb(), settings.ledger_table), ledger, clock, limits.settle),
        posting=Posting(ledger=ledger, clinicea=client, calendar=calendar, canary=canary, clock=clock, limits=limits),
    )
    outcomes = of_outcomes(settings, clock, logger, metrics)
    return Delivery(
        worker,
        queue_from(settings),
        logger,
        metrics,
        note_telling=lambda client, agent: outcomes.note_telling(Asker(client, agent)),
    )
