"""What the sweeper picks up each minute, and what it leaves alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.limits import Limits
from convox_clinicea.bookings.queue import BookingQueue, Queues, QueueUnavailable
from convox_clinicea.bookings.record import Booking, Open, key_of
from convox_clinicea.bookings.states import Reason, State
from convox_clinicea.bookings.sweeper import Swept
from convox_clinicea.bookings.worker import Done
from convox_clinicea.table import Table
from tests.support.bench import Bench

STUCK = Limits().stuck.total_seconds() + 1
RETENTION = Limits().retention.total_seconds() + 1
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
    bench.queue.bury(json.dumps(body), f"message-{booking.booking_id}-{generation}")


def without_queue(bench: Bench, *, dead_letters: str | None = None) -> BookingQueue:
    """A queue that is not there."""
    dead_letter_url = dead_letters or bench.stack.dead_letter_queue_url
    return BookingQueue(aws.sqs(), Queues(f"{bench.stack.queue_url}-gone", dead_letter_url))


class TestStuck:
    def test_a_booking_that_lies_is_sent_anew_under_a_new_generation(self, bench: Bench) -> None:
        booking = lost_message(bench)

        assert bench.sweep() == Swept(requeued=1)

        standing = bench.now(booking)
        assert (standing.generation, standing.version, standing.state) == (2, 2, State.ACCEPTED)
        assert standing.queued_at == bench.clock.now()
        (message,) = bench.stack.messages()
        assert json.loads(message["Body"])["generation"] == 2
        assert message["Attributes"]["MessageDeduplicationId"] == f"{booking.booking_id}:2"
        assert bench.ends(standing).state is State.BOOKED

    def test_a_message_of_the_generation_before_is_acknowledged_and_nothing_done(self, bench: Bench) -> None:
        booking = lost_message(bench)
        bench.sweep()

        assert bench.work(booking, generation=1) == Done(bench.now(booking))
        assert bench.fake.requests() == []

    def test_one_younger_than_twice_the_longest_wait_is_left_alone(self, bench: Bench) -> None:
        bench.accept()
        bench.clock.advance(STUCK - 2)

        assert bench.sweep() == NOTHING
        assert bench.now(bench.accept()).generation == 1

    def test_one_that_was_just_sent_anew_is_left_alone_as_long_again(self, bench: Bench) -> None:
        booking = lost_message(bench)
        bench.sweep()
        bench.clock.advance(60)
        assert bench.sweep() == NOTHING
        bench.clock.advance(STUCK)

        assert bench.sweep().requeued == 1
        assert bench.now(booking).generation == 3

    def test_one_in_doubt_is_sent_anew_as_it_is(self, bench: Bench) -> None:
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

    def test_a_live_lease_is_left_alone_and_one_that_is_over_is_not(self, bench: Bench) -> None:
        booking = bench.accept()
        bench.claimed(booking, lease=STUCK + 60)
        bench.clock.advance(STUCK)
        assert bench.sweep() == NOTHING
        bench.clock.advance(61)

        assert bench.sweep().requeued == 1
        assert (bench.now(booking).state, bench.now(booking).generation) == (State.SENDING, 2)

    @pytest.mark.parametrize("state", [State.BOOKED, State.NEEDS_ATTENTION])
    def test_what_has_ended_or_is_parked_is_not_sent(self, bench: Bench, state: State) -> None:
        bench.ledger.move(bench.accept(), state, notice_due=False)
        bench.clock.advance(STUCK)

        assert bench.sweep() == NOTHING

    def test_where_the_queue_does_not_answer_it_is_said_and_done_a_minute_later(self, bench: Bench) -> None:
        booking = lost_message(bench)
        with pytest.raises(QueueUnavailable):
            bench.sweep(queue=without_queue(bench))
        assert bench.now(booking).queued_at == booking.queued_at
        bench.clock.advance(60)

        assert bench.sweep().requeued == 1
        assert json.loads(bench.stack.messages()[0]["Body"])["generation"] == bench.now(booking).generation == 3

    def test_one_that_cannot_be_sent_holds_up_no_other(self, bench: Bench) -> None:
        unsendable, other = lost_message(bench), bench.accept(clinic_id="C-02")
        bench.clock.advance(STUCK)

        class Choosy(BookingQueue):
            def send(self, booking: Booking) -> None:
                if booking.booking_id == unsendable.booking_id:
                    raise QueueUnavailable("sqs: InvalidParameterValue")
                super().send(booking)

        with pytest.raises(QueueUnavailable):
            bench.sweep(queue=Choosy(aws.sqs(), Queues(bench.stack.queue_url, bench.stack.dead_letter_queue_url)))

        assert [json.loads(each["Body"])["booking_id"] for each in bench.stack.messages()][-1] == other.booking_id
        assert bench.now(unsendable).queued_at == unsendable.queued_at

    def test_one_that_moves_while_it_is_not_sent_stays_as_it_was_moved(self, bench: Bench) -> None:
        booking = lost_message(bench)

        class Away(BookingQueue):
            def send(self, booking: Booking) -> None:
                bench.ledger.move(booking, State.NEEDS_ATTENTION, notice_due=False)
                raise QueueUnavailable("sqs: gone")

        with pytest.raises(QueueUnavailable):
            bench.sweep(queue=Away(aws.sqs(), Queues(bench.stack.queue_url, bench.stack.dead_letter_queue_url)))

        assert bench.now(booking).state is State.NEEDS_ATTENTION

    def test_notices_are_published_while_the_queues_are_away(self, bench: Bench) -> None:
        bench.stack.without_topic()
        parked = bench.ledger.move(bench.accept(), State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)
        bench.stack.with_topic_again()

        with pytest.raises(QueueUnavailable):
            bench.sweep(queue=without_queue(bench, dead_letters=f"{bench.stack.dead_letter_queue_url}-gone"))

        assert [notice["booking_id"] for notice in bench.stack.notices()] == [parked.booking_id]

    def test_the_index_lags_and_the_table_counts(self, bench: Bench) -> None:
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

    def test_one_that_moves_between_reading_and_writing_is_left_to_whoever_moved_it(self, bench: Bench) -> None:
        booking = lost_message(bench)

        class Slow(Ledger):
            def requeue(self, booking: Booking) -> Booking:
                bench.ledger.move(booking, State.NEEDS_ATTENTION, notice_due=False)
                return super().requeue(booking)

        assert bench.sweep(ledger=Slow(Table(aws.dynamodb(), bench.stack.table), bench.clock)) == NOTHING
        assert bench.stack.messages() == []
        assert bench.now(booking).state is State.NEEDS_ATTENTION

    def test_a_record_that_cannot_be_read_holds_up_no_other(self, bench: Bench) -> None:
        broken, good = bench.accept(), bench.accept(clinic_id="C-02")
        bench.stack.spoil(key_of(broken.booking_id), state="no state")
        bench.clock.advance(STUCK)

        assert bench.sweep().requeued == 1
        assert bench.now(good).generation == 2


class TestDeadLetters:
    @pytest.mark.parametrize(("posted", "reason"), [(False, Reason.TOO_LATE), (True, Reason.OUTCOME_UNKNOWN)])
    def test_a_booking_found_among_them_is_parked_and_told_of(self, bench: Bench, posted: bool, reason: Reason) -> None:
        booking = bench.accept()
        if posted:
            bench.claimed(booking)
            bench.clock.advance(46)
        dead_letter(bench, booking)

        assert bench.sweep() == Swept(parked=1)

        standing = bench.now(booking)
        assert (standing.state, standing.reason) == (State.NEEDS_ATTENTION, reason)
        assert (standing.owner, standing.lease_until) == (None, None)
        assert standing.request is not None
        assert [notice["reason"] for notice in bench.stack.notices()] == [reason.value]
        assert bench.stack.dead_letters() == []

    @pytest.mark.parametrize("state", [State.BOOKED, State.NEEDS_ATTENTION])
    def test_one_of_a_booking_that_is_taken_care_of_is_removed(self, bench: Bench, state: State) -> None:
        booking = bench.ledger.move(bench.accept(), state, notice_due=False)
        dead_letter(bench, booking)

        assert bench.sweep() == NOTHING
        assert bench.stack.dead_letters() == []
        assert bench.now(booking) == booking

    def test_one_of_an_older_generation_parks_nothing_and_is_removed(self, bench: Bench) -> None:
        booking = bench.ledger.requeue(bench.accept())
        dead_letter(bench, booking, generation=1)

        assert bench.sweep() == NOTHING
        assert bench.now(booking) == booking
        assert bench.stack.dead_letters() == []

    def test_one_whose_booking_is_being_worked_on_stays(self, bench: Bench) -> None:
        booking = bench.accept()
        claimed = bench.claimed(booking)
        dead_letter(bench, booking)

        assert bench.sweep() == NOTHING
        assert bench.now(booking) == claimed
        assert bench.stack.hidden_dead_letters() == 1

    @pytest.mark.parametrize(
        "body", ["what is this", '{"v": 9}', json.dumps({"v": 1, "booking_id": f"bk_{'z' * 26}", "generation": 1})]
    )
    def test_one_that_is_not_understood_stays_for_a_person(self, bench: Bench, body: str) -> None:
        bench.queue.bury(body, "message-1")

        assert bench.sweep() == NOTHING
        assert bench.stack.hidden_dead_letters() == 1

    def test_one_whose_record_cannot_be_read_stays_and_holds_up_no_other(self, bench: Bench) -> None:
        broken, good = bench.accept(), bench.accept(clinic_id="C-02")
        bench.stack.spoil(key_of(broken.booking_id), state="no state")
        dead_letter(bench, broken)
        dead_letter(bench, good)

        assert bench.sweep().parked == 1
        assert bench.now(good).state is State.NEEDS_ATTENTION
        assert bench.stack.hidden_dead_letters() == 1

    def test_one_that_moves_meanwhile_is_looked_at_again_later(self, bench: Bench) -> None:
        booking = bench.accept()
        dead_letter(bench, booking)

        class Slow(Ledger):
            def get(self, booking_id: str) -> Booking | None:
                read = super().get(booking_id)
                bench.claimed(booking)
                return read

        assert bench.sweep(ledger=Slow(Table(aws.dynamodb(), bench.stack.table), bench.clock)) == NOTHING
        assert bench.now(booking).state is State.SENDING
        assert bench.stack.hidden_dead_letters() == 1

    def test_more_than_one_receive_gives_are_all_seen_to(self, bench: Bench) -> None:
        for number in range(23):
            dead_letter(bench, bench.accept(clinic_id=f"C-{number}"))

        assert bench.sweep().parked == 23


class TestParked:
    def test_what_nobody_resolved_within_the_retention_is_rejected_and_told_of(self, bench: Bench) -> None:
        booking = bench.ledger.move(bench.accept(), State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)
        bench.sweep()
        bench.clock.advance(RETENTION)

        assert bench.sweep().expired == 1

        ended = bench.now(booking)
        assert (ended.state, ended.reason) == (State.REJECTED, Reason.EXPIRED_UNRESOLVED)
        assert ended.request is None
        assert ended.expires_at is not None
        assert [notice["reason"] for notice in bench.stack.notices()] == ["outcome_unknown", "expired_unresolved"]
        assert bench.sweep() == NOTHING

    def test_one_whose_notice_could_never_be_published_is_rejected_all_the_same(self, bench: Bench) -> None:
        bench.stack.without_topic()
        booking = bench.ledger.move(bench.accept(), State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)
        assert bench.sweep() == NOTHING
        bench.clock.advance(RETENTION)

        assert bench.sweep() == Swept(expired=1)

        ended = bench.now(booking)
        assert (ended.state, ended.reason) == (State.REJECTED, Reason.EXPIRED_UNRESOLVED)
        assert (ended.request, ended.notice_due) == (None, True)
        assert bench.sweep() == NOTHING
        bench.stack.with_topic_again()
        assert bench.sweep() == Swept(told=1)

    def test_ended_bookings_nobody_was_told_of_do_not_hide_parked_ones(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("convox_clinicea.bookings.sweeper.MOST_AT_A_TIME", 1)
        bench.stack.without_topic()
        for state in (State.BOOKED, State.NEEDS_ATTENTION):
            bench.ledger.move(bench.accept(clinic_id=f"C-{state}"), state, notice_due=True)
            bench.clock.advance(1)
        bench.clock.advance(RETENTION)

        assert bench.sweep().expired == 1

    def test_until_then_it_stays(self, bench: Bench) -> None:
        parked = bench.ledger.move(bench.accept(), State.NEEDS_ATTENTION, notice_due=False)
        bench.clock.advance(RETENTION - 2)

        assert bench.sweep() == NOTHING
        assert bench.now(parked) == parked

    def test_one_that_a_person_resolves_at_that_moment_is_theirs(self, bench: Bench) -> None:
        parked = bench.ledger.move(bench.accept(), State.NEEDS_ATTENTION, notice_due=False)
        bench.clock.advance(RETENTION)

        class Slow(Ledger):
            def get(self, booking_id: str) -> Booking | None:
                read = super().get(booking_id)
                bench.ledger.book(parked, "A-1")
                return read

        bench.sweep(ledger=Slow(Table(aws.dynamodb(), bench.stack.table), bench.clock))

        assert bench.now(parked).state is State.BOOKED


def test_nothing_is_begun_when_time_is_short(bench: Bench) -> None:
    stuck, parked = lost_message(bench), bench.accept(clinic_id="C-02")
    dead_letter(bench, parked)

    assert bench.sweep(seconds=4.9) == NOTHING
    assert bench.now(stuck).generation == 1
    assert bench.now(parked).state is State.ACCEPTED


def test_with_an_empty_ledger_nothing_happens(bench: Bench) -> None:
    assert bench.sweep() == NOTHING


def test_bookings_are_sent_anew_oldest_first(bench: Bench) -> None:
    first = bench.accept(clinic_id="C-9")
    bench.clock.advance(5)
    second = bench.accept(clinic_id="C-1")
    bench.clock.advance(STUCK)

    found = [booking.booking_id for booking in bench.ledger.open_before(Open.ON_ITS_WAY, bench.clock.now())]

    assert found == [first.booking_id, second.booking_id]
    assert bench.sweep(limits=replace(Limits(), stuck=timedelta(seconds=STUCK + 2))).requeued == 1
    assert (bench.now(first).generation, bench.now(second).generation) == (2, 1)
