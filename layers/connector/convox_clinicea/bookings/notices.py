"""Someone is told: a notice for each booking that was rejected, or that waits for a person."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

from aws_lambda_powertools import Logger

from convox_clinicea.aws import AWS_ERRORS, error_code
from convox_clinicea.bookings.ledger import Ledger, Overtaken
from convox_clinicea.bookings.record import Booking, timestamp
from convox_clinicea.errors import ConnectorError, raise_alone
from convox_clinicea.free_text_ids import tells
from convox_clinicea.observability import failure
from convox_clinicea.table import LedgerUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

SCHEMA_VERSION = 1


class TopicUnavailable(ConnectorError):
    """SNS did not take the notice, or its acknowledgement was lost."""

    retryable = True
    outcome_known = False


class Topic(Protocol):
    """Where notices go."""

    def publish(self, subject: str, text: str) -> None:
        """Raises TopicUnavailable."""
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
    """Publishes what is due, at least once: what fails here stays noted in the ledger, and the sweeper tries again."""

    def __init__(self, topic: Topic, ledger: Ledger, logger: Logger, country: str) -> None:
        self._country = country
        self._topic = topic
        self._ledger = ledger
        self._logger = logger

    def publish(self, booking: Booking) -> bool:
        """Tell of a booking if its notice is due; returns whether nothing is due any more."""
        if not booking.notice_due:
            return True
        try:
            self._topic.publish(f"Booking {booking.state.value}", notice(booking, self._country))
            self._ledger.told(booking)
        except (TopicUnavailable, LedgerUnavailable, Overtaken) as error:
            extra = {"booking_id": booking.booking_id, **failure(error)}
            self._logger.warning("notice not confirmed", extra=extra)
            return False
        return True


def notice(booking: Booking, country: str) -> str:
    """Return the notice: ids, call, agent and reason; nothing about the patient.

    A record of a release before may hold a call's id of which a number is a part: the booking's id has to do then.
    """

    def shown(text: str | None) -> str | None:
        return None if text is None or tells(text, country) else text

    return json.dumps(
        {
            "v": SCHEMA_VERSION,
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
