"""Messages on the queue of bookings, and notices to operators."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from aws_lambda_powertools import Logger
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from convox_clinicea import aws
from convox_clinicea.aws import AWS_ERRORS, error_code
from convox_clinicea.bookings.ledger import Ledger, Overtaken
from convox_clinicea.bookings.record import ID_PATTERN, Booking, timestamp
from convox_clinicea.errors import ConnectorError, raise_alone
from convox_clinicea.function import failure
from convox_clinicea.privacy import tells
from convox_clinicea.settings import SweeperSettings
from convox_clinicea.table import TableUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient


MESSAGE_SCHEMA_VERSION = 1
MAX_VISIBILITY_SECONDS = 900
DEAD_LETTER_SECONDS = 300


class QueueUnavailable(ConnectorError):
    """SQS refused a request, or its acknowledgement was lost."""

    retryable = True
    outcome_known = False


class UnparsableMessage(ConnectorError):
    """The message is not ours, or its version is unknown."""


class LaterMessage(UnparsableMessage):
    """The message has a later version, which a later release can read."""


class Message(BaseModel):
    """A message: the booking's id and the generation of its sending."""

    model_config = ConfigDict(defer_build=True, frozen=True, hide_input_in_errors=True)

    v: int = Field(ge=1, le=MESSAGE_SCHEMA_VERSION)
    booking_id: str = Field(pattern=f"^{ID_PATTERN}$")
    generation: int = Field(ge=1)

    @classmethod
    def parse(cls, body: str) -> Message:
        """Parse a message's body; raises UnparsableMessage, LaterMessage."""
        try:
            return cls.model_validate_json(body)
        except ValidationError:
            if _version_in(body) > MESSAGE_SCHEMA_VERSION:
                raise_alone(LaterMessage("a message of a later version"))
            raise_alone(UnparsableMessage("a message that is not understood"))


class _Versioned(BaseModel):
    """Fields of messages of every version."""

    model_config = ConfigDict(defer_build=True, frozen=True, strict=True, hide_input_in_errors=True)

    v: int
    booking_id: str = Field(pattern=f"^{ID_PATTERN}$")


class BookingQueue:
    """Sends and postpones messages.

    Args:
        url: the queue's address.
    """

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self.url = url

    def send(self, booking: Booking) -> None:
        """Send the booking's message to the queue.

        Messages may be sent twice, delivered twice and out of order: the ledger decides what remains to be done.
        """
        body = {"v": MESSAGE_SCHEMA_VERSION, "booking_id": booking.booking_id, "generation": booking.generation}
        try:
            self._client.send_message(QueueUrl=self.url, MessageBody=json.dumps(body))
        except AWS_ERRORS as error:
            raise_alone(_unavailable(error))

    def postpone(self, receipt_handle: str, seconds: float) -> None:
        """Make the message visible again after `seconds`, at most 15 minutes."""
        try:
            self._client.change_message_visibility(
                QueueUrl=self.url,
                ReceiptHandle=receipt_handle,
                VisibilityTimeout=max(1, min(MAX_VISIBILITY_SECONDS, round(seconds))),
            )
        except AWS_ERRORS as error:
            raise_alone(_unavailable(error))


@dataclass(frozen=True)
class DeadLetter:
    """A message that was received too often, or cannot be parsed."""

    body: str
    receipt_handle: str


class DeadLetterQueue:
    """The dead-letter queue of the bookings' queue.

    Args:
        url: the dead-letter queue's address.
    """

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self.url = url

    def letters(self) -> Iterator[DeadLetter]:
        """Yield at most a hundred dead letters; those that are not discarded become visible again."""
        for _ in range(10):
            try:
                answer = self._client.receive_message(
                    QueueUrl=self.url, MaxNumberOfMessages=10, VisibilityTimeout=DEAD_LETTER_SECONDS
                )
            except AWS_ERRORS as error:
                raise_alone(_unavailable(error))
            messages = answer.get("Messages", [])
            if not messages:
                return
            for message in messages:
                yield DeadLetter(message["Body"], message["ReceiptHandle"])

    def discard(self, letter: DeadLetter) -> None:
        """Delete a dead letter that has been handled."""
        try:
            self._client.delete_message(QueueUrl=self.url, ReceiptHandle=letter.receipt_handle)
        except AWS_ERRORS as error:
            raise_alone(_unavailable(error))

    def bury(self, body: str) -> None:
        """Move a message that cannot be parsed to the dead letters."""
        try:
            self._client.send_message(QueueUrl=self.url, MessageBody=body)
        except AWS_ERRORS as error:
            raise_alone(_unavailable(error))


def _version_in(body: str) -> int:
    """Return the version of a message of ours, whatever its other fields; 0 if it is not ours."""
    with suppress(ValidationError):
        return _Versioned.model_validate_json(body).v
    return 0


def _unavailable(error: BaseException) -> QueueUnavailable:
    return QueueUnavailable(f"sqs: {error_code(error) or type(error).__name__}")


NOTICE_SCHEMA_VERSION = 1


class TopicUnavailable(ConnectorError):
    """SNS refused the notice, or its acknowledgement was lost."""

    retryable = True
    outcome_known = False


class Topic(Protocol):
    """Destination of notices."""

    def publish(self, subject: str, text: str) -> None:
        """Publish a notice; raises TopicUnavailable."""
        ...


class SnsTopic:
    """An SNS topic."""

    def __init__(self, client: SNSClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, subject: str, text: str) -> None:
        try:
            self._client.publish(TopicArn=self._arn, Subject=subject, Message=text)
        except AWS_ERRORS as error:
            raise_alone(TopicUnavailable(f"sns: {error_code(error) or type(error).__name__}"))


class Notices:
    """Publishes due notices at least once (rule 17): after a failure the ledger keeps them due for the sweeper."""

    def __init__(self, topic: Topic, ledger: Ledger, logger: Logger, country: str) -> None:
        self._country = country
        self._topic = topic
        self._ledger = ledger
        self._logger = logger

    def publish(self, booking: Booking) -> bool:
        """Publish the booking's notice if it is due; returns whether no notice is due any more."""
        if not booking.notice_due:
            return True
        try:
            self._topic.publish(f"Booking {booking.state.value}", notice(booking, self._country))
            self._ledger.mark_notified(booking)
        except (TopicUnavailable, TableUnavailable, Overtaken) as error:
            extra = {"booking_id": booking.booking_id, **failure(error)}
            self._logger.warning("notice not confirmed", extra=extra)
            return False
        return True


def notice(booking: Booking, country: str) -> str:
    """Return the notice's text: ids, call, agent and reason, but nothing about the patient.

    A call id of an earlier release may contain a number; then the notice has only the booking's id.
    """

    def shown(text: str | None) -> str | None:
        return None if text is None or tells(text, country) else text

    return json.dumps(
        {
            "v": NOTICE_SCHEMA_VERSION,
            "booking_id": booking.booking_id,
            "state": booking.state.value,
            "reason": booking.reason.value if booking.reason else None,
            "caller": booking.caller,
            "call_id": shown(booking.call_id),
            "agent_id": shown(booking.agent_id),
            "accepted_at": timestamp(booking.accepted_at),
            "updated_at": timestamp(booking.updated_at),
        }
    )


def queue_from(settings: SweeperSettings) -> BookingQueue:
    """Build the queue of bookings."""
    return BookingQueue(aws.sqs(), settings.queue_url)


def dead_letters_from(settings: SweeperSettings) -> DeadLetterQueue:
    """Build the dead-letter queue."""
    return DeadLetterQueue(aws.sqs(), settings.dead_letter_queue_url)


def notices_from(settings: SweeperSettings, ledger: Ledger, logger: Logger) -> Notices:
    """Build the publisher of notices."""
    return Notices(SnsTopic(aws.sns(), settings.notices_topic_arn), ledger, logger, settings.default_country)
