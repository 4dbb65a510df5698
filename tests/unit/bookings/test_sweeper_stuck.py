"""Bookings that lie: which the sweeper sends anew, and which it leaves to others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.messages import BookingQueue, QueueUnavailable
from convox_clinicea.bookings.protocol import OVERDUE, ProtocolTimings, Reason, State
from convox_clinicea.bookings.record import Booking, Open, key_of
from convox_clinicea.bookings.sweeper import Swept
from convox_clinicea.bookings.worker import Done
from convox_clinicea.table import Table
from tests.support.bench import Bench
from tests.support.bookings import known_request
from tests.support.sweeping import NOTHING, STUCK, lost_message, without_queue, without_queues


def test_a_booking_that_lies_is_sent_anew_under_a_new_generation(bench: Bench) -> None:
    booking = lost_message(bench)

    assert bench.sweep() == Swept(requeued=1)

    standing = bench.now(booking)
    assert (standing.generation, standing.version, standing.state) == (2, 2, State.ACCEPTED)
    assert standing.queued_at == bench.clock.now()
    (message,) = bench.stack.messages()
    assert json.loads(message["Body"])["generation"] == 2
    assert bench.ends(standing).state is State.BOOKED


def test_message_of_an_older_generation_is_acknowledged_only(bench: Bench) -> None:
    booking = lost_message(bench)
    bench.sweep()

    assert bench.work(booking, generation=1) == Done(bench.now(booking))
    assert bench.fake.requests() == []


def test_one_younger_than_twice_the_longest_wait_is_left_alone(bench: Bench) -> None:
    bench.accept()
    bench.clock.advance(STUCK - 2)

    assert bench.sweep() == NOTHING
    assert bench.now(bench.accept()).generation == 1


def test_one_that_was_just_sent_anew_is_left_alone_as_long_again(bench: Bench) -> None:
    booking = lost_message(bench)
    bench.sweep()
    bench.clock.advance(60)
    assert bench.sweep() == NOTHING
    bench.clock.advance(STUCK)

    assert bench.sweep().requeued == 1
    assert bench.now(booking).generation == 3


class TestOneThatIsOverdue:
    """The worker parks what is over its age limit, or comes too late; unless it fails, or is never asked."""

    AGE = ProtocolTimings().age + OVERDUE

    def test_over_the_age_limit_it_is_parked_and_told_of(self, bench: Bench) -> None:
        booking = bench.accept()
        bench.clock.advance(self.AGE.total_seconds() + 1)

        assert bench.sweep() == Swept(parked=1)

        parked = bench.now(booking)
        assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.AGE_LIMIT)
        assert parked.request is not None
        assert [notice["booking_id"] for notice in bench.stack.notices()] == [booking.booking_id]

    def test_an_hour_after_its_start_too_if_it_was_never_posted(self, bench: Bench) -> None:
        booking = bench.accept(known_request(start=bench.clock.now() + timedelta(hours=2)))
        bench.clock.advance(minutes=181)

        assert bench.sweep() == Swept(parked=1)
        assert bench.now(booking).reason is Reason.TOO_LATE

    def test_one_that_was_posted_is_looked_for_until_its_age_limit(self, bench: Bench) -> None:
        booking = bench.accept(known_request(start=bench.clock.now() + timedelta(hours=2)))
        bench.claimed(booking)
        bench.clock.advance(minutes=181)
        assert bench.sweep() == Swept(requeued=1)

        bench.clock.advance(self.AGE.total_seconds())

        assert bench.sweep() == Swept(parked=1)
        assert bench.now(booking).reason is Reason.OUTCOME_UNKNOWN

    def test_its_age_counts_from_its_redrive(self, bench: Bench) -> None:
        booking = bench.ledger.move(bench.accept(), State.NEEDS_ATTENTION, notice_due=False)
        bench.clock.advance(self.AGE.total_seconds())
        now = bench.clock.now()
        bench.ledger.move(booking, State.ACCEPTED, redriven_at=now, queued_at=now)
        bench.clock.advance(STUCK)

        assert bench.sweep() == Swept(requeued=1)

    def test_one_that_is_being_posted_is_left_alone(self, bench: Bench) -> None:
        booking = bench.accept()
        bench.clock.advance(self.AGE.total_seconds())
        bench.claimed(booking, lease=60)
        bench.clock.advance(2)

        assert bench.sweep() == NOTHING

    def test_it_is_parked_while_the_queues_are_away(self, bench: Bench) -> None:
        booking = bench.accept()
        bench.clock.advance(self.AGE.total_seconds() + 1)

        with pytest.raises(QueueUnavailable):
            bench.sweep(**without_queues(bench))

        assert bench.now(booking).state is State.NEEDS_ATTENTION


def test_one_in_doubt_is_sent_anew_as_it_is(bench: Bench) -> None:
    bench.patient()
    bench.fake.fault("postAppointmentByPatientID", "timeout_before", count=1)
    booking = bench.accept()
    bench.waits(booking)
    before = bench.now(booking)
    bench.clock.advance(STUCK)

    assert bench.sweep().requeued == 1
    standing = bench.now(booking)
    assert (standing.state, standing.unsettled_since) == (State.UNKNOWN, before.unsettled_since)
    assert standing.generation == 2


def test_a_live_lease_is_left_alone_and_one_that_is_over_is_not(bench: Bench) -> None:
    booking = bench.accept()
    bench.claimed(booking, lease=STUCK + 60)
    bench.clock.advance(STUCK)
    assert bench.sweep() == NOTHING
    bench.clock.advance(61)

    assert bench.sweep().requeued == 1
    assert (bench.now(booking).state, bench.now(booking).generation) == (State.SENDING, 2)


@pytest.mark.parametrize("state", [State.BOOKED, State.NEEDS_ATTENTION])
def test_what_has_ended_or_is_parked_is_not_sent(bench: Bench, state: State) -> None:
    bench.ledger.move(bench.accept(), state, notice_due=False)
    bench.clock.advance(STUCK)

    assert bench.sweep() == NOTHING


def test_silent_queue_is_reported_and_retried_a_minute_later(bench: Bench) -> None:
    booking = lost_message(bench)
    with pytest.raises(QueueUnavailable):
        bench.sweep(queue=without_queue(bench))
    assert bench.now(booking).queued_at == booking.queued_at
    bench.clock.advance(60)

    assert bench.sweep().requeued == 1
    assert json.loads(bench.stack.messages()[0]["Body"])["generation"] == bench.now(booking).generation == 3


def test_one_that_cannot_be_sent_holds_up_no_other(bench: Bench) -> None:
    unsendable, other = lost_message(bench), bench.accept(clinic_id="C-02")
    bench.clock.advance(STUCK)

    class Choosy(BookingQueue):
        def send(self, booking: Booking) -> None:
            if booking.booking_id == unsendable.booking_id:
                raise QueueUnavailable("sqs: InvalidParameterValue")
            super().send(booking)

    with pytest.raises(QueueUnavailable):
        bench.sweep(queue=Choosy(aws.sqs(), bench.stack.queue_url))

    assert [json.loads(each["Body"])["booking_id"] for each in bench.stack.messages()][-1] == other.booking_id
    assert bench.now(unsendable).queued_at == unsendable.queued_at


def test_booking_that_moves_while_unsent_keeps_its_new_state(bench: Bench) -> None:
    booking = lost_message(bench)

    class Away(BookingQueue):
        def send(self, booking: Booking) -> None:
            bench.ledger.move(booking, State.NEEDS_ATTENTION, notice_due=False)
            raise QueueUnavailable("sqs: gone")

    with pytest.raises(QueueUnavailable):
        bench.sweep(queue=Away(aws.sqs(), bench.stack.queue_url))

    assert bench.now(booking).state is State.NEEDS_ATTENTION


def test_notices_are_published_while_the_queues_are_away(bench: Bench) -> None:
    bench.stack.without_topic()
    parked = bench.ledger.move(bench.accept(), State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)
    bench.stack.with_topic_again()

    with pytest.raises(QueueUnavailable):
        bench.sweep(**without_queues(bench))

    assert [notice["booking_id"] for notice in bench.stack.notices()] == [parked.booking_id]


def test_the_index_lags_and_the_table_counts(bench: Bench) -> None:
    ended, sent, moved = (bench.accept(clinic_id=f"C-{number}") for number in range(3))
    bench.clock.advance(STUCK)

    class Lagging(Ledger):
        def open_before(self, kind: Open, before: datetime) -> Iterator[Booking]:
            return iter([ended, sent, moved] if kind is Open.ON_ITS_WAY else [])

    bench.ledger.move(ended, State.BOOKED)
    bench.ledger.requeue(sent)
    bench.ledger.move(moved, State.NEEDS_ATTENTION, notice_due=False)

    assert bench.sweep(ledger=Lagging(Table(aws.dynamodb(), bench.stack.table), bench.clock)) == NOTHING
    assert bench.now(sent).generation == 2


def test_booking_that_moves_between_read_and_write_is_left(bench: Bench) -> None:
    booking = lost_message(bench)

    class Slow(Ledger):
        def requeue(self, booking: Booking) -> Booking:
            bench.ledger.move(booking, State.NEEDS_ATTENTION, notice_due=False)
            return super().requeue(booking)

    assert bench.sweep(ledger=Slow(Table(aws.dynamodb(), bench.stack.table), bench.clock)) == NOTHING
    assert bench.stack.messages() == []
    assert bench.now(booking).state is State.NEEDS_ATTENTION


def test_a_record_that_cannot_be_read_holds_up_no_other(bench: Bench) -> None:
    broken, good = bench.accept(), bench.accept(clinic_id="C-02")
    bench.stack.spoil(key_of(broken.booking_id), state="no state")
    bench.clock.advance(STUCK)

    assert bench.sweep().requeued == 1
    assert bench.now(good).generation == 2
