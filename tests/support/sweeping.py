"""What the sweeper finds: lost messages, dead letters, a queue that is away."""

from __future__ import annotations

import json

from convox_clinicea import aws
from convox_clinicea.bookings.messages import BookingQueue, Queues
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
    bench.queue.bury(json.dumps(body))


def without_queue(bench: Bench, *, dead_letters: str | None = None) -> BookingQueue:
    """A queue that is not there."""
    dead_letter_url = dead_letters or bench.stack.dead_letter_queue_url
    return BookingQueue(aws.sqs(), Queues(f"{bench.stack.queue_url}-gone", dead_letter_url))
