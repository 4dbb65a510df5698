"""What the sweeper finds: lost messages, dead letters, a queue that is away."""

from __future__ import annotations

import json
from typing import Any

from convox_clinicea import aws
from convox_clinicea.bookings.messages import BookingQueue, DeadLetterQueue
from convox_clinicea.bookings.protocol import ProtocolTimings
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.sweeper import Swept
from tests.support.bench import Bench

STUCK = ProtocolTimings().stuck.total_seconds() + 1
RETENTION = ProtocolTimings().retention.total_seconds() + 1
NOTHING = Swept()


def lost_message(bench: Bench) -> Booking:
    """A booking whose message is gone, half an hour later."""
    bench.patient()
    booking = bench.accept()
    aws.sqs().purge_queue(QueueUrl=bench.stack.queue_url)
    bench.clock.advance(STUCK)
    return booking


def dead_letter(bench: Bench, booking: Booking, *, generation: int = 1) -> None:
    body = {"v": 1, "booking_id": booking.booking_id, "generation": generation}
    bench.dead_letters.bury(json.dumps(body))


def without_queue(bench: Bench) -> BookingQueue:
    """A queue that is not there."""
    return BookingQueue(aws.sqs(), f"{bench.stack.queue_url}-gone")


def without_queues(bench: Bench) -> dict[str, Any]:
    """A sweeper's collaborators where neither queue is there."""
    gone = DeadLetterQueue(aws.sqs(), f"{bench.stack.dead_letter_queue_url}-gone")
    return {"queue": without_queue(bench), "dead_letters": gone}
