"""The queue, and who is told."""

from __future__ import annotations

from aws_lambda_powertools import Logger

from convox_clinicea import aws
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.notices import Notices, SnsTopic
from convox_clinicea.bookings.queue import BookingQueue, Queues
from convox_clinicea.settings import QueueSettings


def queue_from(settings: QueueSettings) -> BookingQueue:
    """Return the queue, with its dead letters."""
    return BookingQueue(aws.sqs(), Queues(settings.queue_url, settings.dead_letter_queue_url))


def notices_from(settings: QueueSettings, ledger: Ledger, logger: Logger) -> Notices:
    """Return what tells persons of bookings."""
    return Notices(SnsTopic(aws.sns(), settings.notices_topic_arn), ledger, logger, settings.default_country)
