"""Builds collaborators from settings, for the functions' `app.py` and for commands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from convox_clinicea import aws, clinicea
from convox_clinicea.bookings.acting import Acting
from convox_clinicea.bookings.backlog import Backlog
from convox_clinicea.bookings.calendar import Calendar
from convox_clinicea.bookings.callbacks import StatusCallbacks
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.consents import Consents
from convox_clinicea.bookings.delivery import Delivery
from convox_clinicea.bookings.drafting import Drafter
from convox_clinicea.bookings.holdings import Holdings
from convox_clinicea.bookings.intake import Intake
from convox_clinicea.bookings.ledger import DEFAULT_RETENTION, Ledger
from convox_clinicea.bookings.limits import Limits
from convox_clinicea.bookings.notices import Notices, SnsTopic
from convox_clinicea.bookings.queue import BookingQueue, Queues
from convox_clinicea.bookings.sweeper import Sweeper
from convox_clinicea.bookings.worker import Worker
from convox_clinicea.clinicea.authentication import Credentials
from convox_clinicea.clinicea.transport import RequestsTransport
from convox_clinicea.clinicea.wire import Transport
from convox_clinicea.clinics import Clinics
from convox_clinicea.convox.dialect import Dialects
from convox_clinicea.convox.requests import Place
from convox_clinicea.deadline import Clock
from convox_clinicea.disclosures.record import Keeping
from convox_clinicea.disclosures.register import DisclosureRegister
from convox_clinicea.documents import packed, replacement
from convox_clinicea.errors import ConfigurationError
from convox_clinicea.metering import observe_call, observe_lost_entry
from convox_clinicea.sealing import KmsSealer
from convox_clinicea.settings import (
    ActionSettings,
    CallStatusSettings,
    CliniceaSettings,
    DataRequestSettings,
    DialectSettings,
    IntakeSettings,
    LookupSettings,
    PlaceSettings,
    QueueSettings,
    WorkerSettings,
)
from convox_clinicea.sharing import allowance
from convox_clinicea.sharing.pace import PacedTransport
from convox_clinicea.sharing.session import SharedSession
from convox_clinicea.table import Table

SHORTEST_KEY = 32

transport: Callable[[str], Transport] = RequestsTransport
"""What carries requests to Clinicea; a simulation puts its own here."""


def clinics_from(settings: PlaceSettings) -> Clinics:
    """Return the deployment's clinics."""
    document = replacement("clinics", settings.clinics)
    return Clinics.from_document(packed("clinics") if document is None else document, settings.time_zone)


def dialects_from(settings: DialectSettings) -> Dialects:
    """Return how the deployment's callers speak."""
    return Dialects.from_document(replacement("dialect", settings.dialect))


def clinicea_from(settings: CliniceaSettings, clinics: Clinics, clock: Clock, per_second: int = 0) -> clinicea.Clinicea:
    """Return the client for the deployment's Clinicea account; its secret is read when first needed."""
    carried_by = transport(settings.clinicea_url)
    if per_second:
        carried_by = PacedTransport(carried_by, Table(aws.dynamodb(), settings.ledger_table), per_second, clock)
    tokens = None  # an API key needs none, nor the AWS clients that a shared session costs at start-up
    if settings.clinicea_authentication == "staff_session":
        sealer = KmsSealer(aws.kms(), settings.data_key_id)
        tokens = SharedSession(Table(aws.dynamodb(), settings.ledger_table), sealer, clock)
    return clinicea.connect(
        settings.clinicea_url,
        credentials=lambda: Credentials.from_secret(aws.secret(settings.clinicea_secret_arn)),
        scheme=settings.clinicea_authentication,
        call_table=replacement("call_table", settings.call_table),
        clinics=clinics,
        clock=clock,
        transport=carried_by,
        tokens=tokens,
        observe=observe_call,
    )


def register_from(settings: LookupSettings, clinics: Clinics, clock: Clock, logger: Logger) -> DisclosureRegister:
    """Return the register of disclosures; its table is written to while an agent waits."""
    keeping = Keeping(timedelta(days=settings.disclosure_retention_days), clinics.zone(None))
    return DisclosureRegister(
        Table(aws.dynamodb_at_once(), settings.disclosures_table),
        clock,
        keeping,
        closed=settings.disclosure_failure == "closed",
        observe=observe_lost_entry(logger),
    )


def allowance_from(settings: LookupSettings, clock: Clock, logger: Logger, metrics: Metrics) -> allowance.Allowance:
    """Return what counts the look-ups."""
    limits = allowance.Limits(
        per_caller_minute=settings.lookups_per_caller_minute,
        per_agent_minute=settings.lookups_per_agent_minute,
        suspected_after_misses=settings.suspected_after_misses,
    )
    return allowance.Allowance(Table(aws.dynamodb_at_once(), settings.ledger_table), limits, clock, logger, metrics)


def ledger_from(table: str, clock: Clock, retention: timedelta = DEFAULT_RETENTION) -> Ledger:
    """Return the ledger."""
    return Ledger(Table(aws.dynamodb(), table), clock, retention)


def delivery_from(settings: WorkerSettings, clock: Clock, logger: Logger, metrics: Metrics) -> Delivery:
    """Return what takes the queue's messages to the worker."""
    limits = Limits(
        lease_seconds=settings.lease_seconds,
        settle=timedelta(seconds=settings.settle_seconds),
        age=timedelta(hours=settings.age_limit_hours),
        retention=timedelta(days=settings.retention_days),
    )
    limits.check(worker_seconds=settings.worker_seconds, visibility_seconds=settings.visibility_seconds)
    client = clinicea_from(settings, clinics_from(settings), clock, settings.clinicea_per_second)
    ledger = ledger_from(settings.ledger_table, clock, limits.retention)
    worker = Worker(
        ledger=ledger,
        clinicea=client,
        calendar=Calendar(client, ledger, readable=settings.read_backs),
        sealer=KmsSealer(aws.kms(), settings.data_key_id),
        notices=_notices(settings, ledger, logger),
        clock=clock,
        limits=limits,
    )
    return Delivery(worker, _queue(settings), logger, metrics)


def sweeper_from(settings: QueueSettings, clock: Clock, logger: Logger) -> Sweeper:
    """Return the sweeper."""
    limits = Limits(retention=timedelta(days=settings.retention_days))
    ledger = ledger_from(settings.ledger_table, clock, limits.retention)
    notices = _notices(settings, ledger, logger)
    return Sweeper(ledger=ledger, queue=_queue(settings), notices=notices, clock=clock, limits=limits)


def backlog_from(settings: QueueSettings, clock: Clock) -> Backlog:
    """Return what measures the bookings that are still open."""
    return Backlog(ledger_from(settings.ledger_table, clock), clock)


def acting_from(settings: ActionSettings, clock: Clock) -> Acting:
    """Return what a person acts on parked bookings with."""
    limits = Limits(
        settle=timedelta(seconds=settings.settle_seconds), retention=timedelta(days=settings.retention_days)
    )
    ledger = ledger_from(settings.ledger_table, clock, limits.retention)
    queue = BookingQueue(aws.sqs(), Queues(settings.queue_url))
    return Acting(ledger=ledger, queue=queue, clock=clock, limits=limits)


def holdings_from(settings: DataRequestSettings, clock: Clock) -> Holdings:
    """Return what answers a person's questions about their own data."""
    retention = timedelta(days=settings.retention_days)
    return Holdings(
        ledger=ledger_from(settings.ledger_table, clock, retention),
        calls=Calls(Table(aws.dynamodb(), settings.ledger_table), clock, retention),
        register=Table(aws.dynamodb(), settings.disclosures_table),
        key=lambda: _identity_key(settings.identity_secret_arn),
        clock=clock,
        retention=retention,
    )


def _queue(settings: QueueSettings) -> BookingQueue:
    return BookingQueue(aws.sqs(), Queues(settings.queue_url, settings.dead_letter_queue_url))


def _notices(settings: QueueSettings, ledger: Ledger, logger: Logger) -> Notices:
    return Notices(SnsTopic(aws.sns(), settings.notices_topic_arn), ledger, logger)


class BookingDesk(NamedTuple):
    """What the two booking functions need."""

    settings: IntakeSettings
    dialects: Dialects
    place: Place
    intake: Intake


def booking_desk(settings: IntakeSettings, clock: Clock) -> BookingDesk:
    """Return the parts of a function that takes booking requests."""
    intake = Intake(
        ledger=ledger_from(settings.ledger_table, clock),
        queue=BookingQueue(aws.sqs(), Queues(settings.queue_url)),
        drafter=_drafter(settings, clock),
    )
    return BookingDesk(settings, dialects_from(settings), _place(settings), intake)


class StatusDesk(NamedTuple):
    """What `call_status` needs."""

    settings: CallStatusSettings
    dialects: Dialects
    place: Place
    callbacks: StatusCallbacks


def status_desk(settings: CallStatusSettings, clock: Clock, metrics: Metrics) -> StatusDesk:
    """Return the parts of the function that takes ConVox's status callbacks."""
    table = Table(aws.dynamodb(), settings.ledger_table)
    callbacks = StatusCallbacks(
        calls=Calls(table, clock, timedelta(days=settings.retention_days)),
        ledger=Ledger(table, clock),
        queue=BookingQueue(aws.sqs(), Queues(settings.queue_url)),
        drafter=_drafter(settings, clock),
        sealer=KmsSealer(aws.kms(), settings.data_key_id),
        clock=clock,
        count=lambda metric: metrics.add_metric(metric, MetricUnit.Count, 1),
    )
    return StatusDesk(settings, dialects_from(settings), _place(settings), callbacks)


def _place(settings: IntakeSettings) -> Place:
    return Place(clinics_from(settings), settings.default_country, settings.default_duration_minutes)


def _drafter(settings: IntakeSettings, clock: Clock) -> Drafter:
    sealer = KmsSealer(aws.kms(), settings.data_key_id)
    consents = Consents(
        Table(aws.dynamodb(), settings.disclosures_table),
        settings.consent_text_version,
        timedelta(days=settings.disclosure_retention_days),
        clinics_from(settings).zone(None),
    )
    return Drafter(sealer, lambda: _identity_key(settings.identity_secret_arn), clock, consents)


def _identity_key(arn: str) -> bytes:
    """The key from which bookings' ids are derived; it is not rotated within the retention."""
    key = aws.secret(arn).get("key")
    if not isinstance(key, str) or len(key) < SHORTEST_KEY:
        raise ConfigurationError(f"the identity secret needs `key`, of at least {SHORTEST_KEY} characters")
    return key.encode()
