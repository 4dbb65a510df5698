"""Takes one message from the queue to the worker, then deletes or postpones it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea import aws, clinicea_account
from convox_clinicea.bookings.calendar import Calendar
from convox_clinicea.bookings.canary import Canary, PostingStopped
from convox_clinicea.bookings.ledger import ledger_from
from convox_clinicea.bookings.locks import Locks
from convox_clinicea.bookings.messages import (
    BookingQueue,
    DeadLetterQueue,
    LaterMessage,
    Message,
    UnparsableMessage,
    dead_letters_from,
    notices_from,
    queue_from,
)
from convox_clinicea.bookings.posting import Posting
from convox_clinicea.bookings.protocol import LONGEST_SECONDS, TELLING, ProtocolTimings, State, Wait
from convox_clinicea.bookings.request import UnreadableRequest
from convox_clinicea.bookings.worker import Worker
from convox_clinicea.clinicea.errors import SetupFault
from convox_clinicea.clinicea_session import PacedTransport
from convox_clinicea.convox.request import clinics_from
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.errors import ConnectorError
from convox_clinicea.function import Function, failure
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.rate_limits import Requester, outcome_limiter
from convox_clinicea.sealing import KmsSealer
from convox_clinicea.settings import WorkerSettings
from convox_clinicea.table import Table

NoteTelling = Callable[[str, str | None], None]
"""Called with client and agent of a booking whose end reveals something about a person. It raises nothing."""


class NotDoneYet(ConnectorError):
    """The booking waits: its message is reported as failed and comes again (rule 11)."""

    retryable = True


class MessageProcessor(BatchProcessor):
    """Batch processor that also logs each failed message, without the error's text.

    Powertools' own logs nothing: an unforeseen error, such as a missing setting, would repeat unseen until the message
    is a dead letter.
    """

    def __init__(self, logger: Logger, metrics: Metrics) -> None:
        super().__init__(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        self._log = logger
        self._metrics = metrics

    def failure_handler(self, record: Any, exception: Any) -> Any:
        error = exception[1]
        if not isinstance(error, NotDoneYet):
            self._log.error("message failed", extra={"message_id": record.message_id, **failure(error)})
            self._metrics.add_metric("MessageFailed", MetricUnit.Count, 1)
        return super().failure_handler(record, exception)


class Delivery:
    """Hands messages to the worker."""

    def __init__(
        self,
        worker: Worker,
        queue: BookingQueue,
        dead_letters: DeadLetterQueue,
        logger: Logger,
        metrics: Metrics,
        note_telling: NoteTelling,
    ) -> None:
        self._worker = worker
        self._queue = queue
        self._dead_letters = dead_letters
        self._logger = logger
        self._metrics = metrics
        self._note_telling = note_telling

    def receive(self, record: SQSRecord, deadline: Deadline) -> None:
        """Process one message; returns if it may be deleted.

        Raises:
            NotDoneYet: the message must come again; its visibility timeout is set accordingly.
        """
        try:
            message = Message.parse(record.body)
        except LaterMessage as error:
            self._later(record, error)
        except UnparsableMessage as error:  # rule 11: it would never be understood
            self._dead_letters.bury(record.body)
            self._logger.error("message buried", extra={"message_id": record.message_id, **failure(error)})
            self._count("MessageBuried")
            return
        received = int(record.attributes.approximate_receive_count)
        outcome = self._worker.work(message, received=received, deadline=deadline)
        if isinstance(outcome, Wait):
            self._wait(message, record.receipt_handle, outcome, received)
        if outcome.booking is None:
            self._logger.error("no such booking", extra={"booking_id": message.booking_id})
            self._count("BookingMissing")
            return
        booking = outcome.booking
        state = booking.state
        self._logger.info(
            "booking worked",
            extra={"booking_id": message.booking_id, "state": state.value, "reason": booking.reason},
        )
        if outcome.stopped:
            self._stopped(message)
        if not outcome.ended_here:
            return  # it ended before, or the message is an old one and a newer message does the work
        self._count(f"Booking{state.value.title().replace('_', '')}")
        if booking.reason in TELLING:
            self._note_telling(booking.caller, booking.agent_id)
        if state is State.BOOKED:
            since_accepted = (booking.updated_at - booking.accepted_at).total_seconds()
            self._metrics.add_metric("BookingSeconds", MetricUnit.Seconds, round(max(0.0, since_accepted), 1))

    def _wait(self, message: Message, receipt_handle: str, wait: Wait, received: int) -> NoReturn:
        cause = {} if wait.cause is None else failure(wait.cause)
        self._logger.warning(
            "booking waits",
            extra={
                "booking_id": message.booking_id,
                "received": received,
                "seconds": round(wait.seconds),
                **cause,
            },
        )
        self._count("BookingWaits")
        if isinstance(wait.cause, SetupFault):  # rule 10
            self._count("CliniceaSetupFault")
        if isinstance(wait.cause, PostingStopped):  # rule 9
            self._count("CanaryOff")
        if isinstance(wait.cause, UnreadableRecord | UnreadableRequest):  # rule 23
            self._count("BookingUnreadable")
        # rule 11: set the visibility and report the message as not done
        self._queue.postpone(receipt_handle, wait.seconds)
        raise NotDoneYet(message.booking_id)

    def _later(self, record: SQSRecord, error: LaterMessage) -> NoReturn:
        """Leave the message to the release that can read it (rule 23)."""
        self._logger.error("message waits", extra={"message_id": record.message_id, **failure(error)})
        self._count("BookingUnreadable")
        self._queue.postpone(record.receipt_handle, LONGEST_SECONDS)
        raise NotDoneYet(record.message_id)

    def _stopped(self, message: Message) -> None:
        self._logger.error(
            "appointment shifted by a time zone: posting stopped", extra={"booking_id": message.booking_id}
        )
        self._count("CanaryOff")

    def _count(self, metric: str) -> None:
        self._metrics.add_metric(metric, MetricUnit.Count, 1)


def delivery_from(settings: WorkerSettings, clock: Clock, logger: Logger, metrics: Metrics) -> Delivery:
    """Build the delivery of the queue's messages to the worker."""
    limits = ProtocolTimings(
        lease_seconds=settings.lease_seconds,
        settle=timedelta(seconds=settings.settle_seconds),
        age=timedelta(hours=settings.age_limit_hours),
        retention=timedelta(days=settings.retention_days),
    )
    limits.check(worker_seconds=settings.worker_seconds, visibility_seconds=settings.visibility_seconds)
    carried_by = clinicea_account.transport(settings.clinicea_url)
    if settings.clinicea_per_second:
        turns = Table(aws.dynamodb(), settings.ledger_table)
        carried_by = PacedTransport(carried_by, turns, settings.clinicea_per_second, clock)
    client = clinicea_account.clinicea_from(settings, clinics_from(settings), clock, carried_by=carried_by)
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
        sealer=KmsSealer(aws.kms(), settings.kms_key_arn),
        notices=notices_from(settings, ledger, logger),
        clock=clock,
        limits=limits,
        canary=canary,
        locks=Locks(Table(aws.dynamodb(), settings.ledger_table), ledger, clock, limits.settle),
        posting=Posting(ledger=ledger, clinicea=client, calendar=calendar, canary=canary, clock=clock, limits=limits),
    )
    outcomes = outcome_limiter(settings, clock, logger, metrics)
    return Delivery(
        worker,
        queue_from(settings),
        dead_letters_from(settings),
        logger,
        metrics,
        note_telling=lambda client, agent: outcomes.note_telling(Requester(client, agent)),
    )


SECONDS_KEPT_BACK = 2.0
"""Seconds of the invocation kept for the ledger and the answer, after the last call to Clinicea."""


def time_for(context: LambdaContext, clock: Clock) -> Deadline:
    """Return the deadline for work on a message."""
    return Deadline.after(clock, context.get_remaining_time_in_millis() / 1000 - SECONDS_KEPT_BACK)


def delivery_of(function: Function[Delivery]) -> Delivery:
    """Build the delivery from the function's environment."""
    return delivery_from(WorkerSettings.from_environment(), function.clock, function.logger, function.metrics)
