"""Two releases on one table, back and forth: nothing that the later one wrote is written, removed or lost by this."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from convox_clinicea import aws
from convox_clinicea.bookings.audit import OperatorAction, Person
from convox_clinicea.bookings.delivery import Delivery, NotDoneYet
from convox_clinicea.bookings.ledger import Overtaken
from convox_clinicea.bookings.listing import Backlog, Filter
from convox_clinicea.bookings.operator import Obstacle
from convox_clinicea.bookings.person_search import Subject
from convox_clinicea.bookings.personal_data import NotErasedReason
from convox_clinicea.bookings.protocol import Reason, State, Wait
from convox_clinicea.bookings.record import key_of
from convox_clinicea.bookings.request import Caller
from convox_clinicea.bookings.sweeper import Swept
from convox_clinicea.deadline import Deadline
from convox_clinicea.errors import NotStored
from convox_clinicea.items import UnreadableRecord
from tests.support.bench import Bench
from tests.support.bookings import new_request
from tests.support.callbacks import LATER, MUCH_LATER
from tests.support.later import accepted_later, raw
from tests.support.next_release import MARK, NextRelease
from tests.support.sweeping import RETENTION, STUCK, dead_letter

POST = "postAppointmentByPatientID"
PERSON = Person("arn:aws:iam::123456789012:user/asha", "a test")
MARKED = {"S": MARK}
ANOTHER_CALL = Caller(name="convox", call_id="CALL-7002", agent_id="agent-13")
"""Of what a later release has noted of a call, this one writes nothing, so it takes no booking on it either."""


def delivered(bench: Bench, body: str, *, metrics: Metrics) -> None:
    """Hand a message to this release's worker as Lambda does."""
    aws.sqs().send_message(
        QueueUrl=bench.stack.queue_url, MessageBody=body, MessageGroupId="g", MessageDeduplicationId=body
    )
    answer = aws.sqs().receive_message(QueueUrl=bench.stack.queue_url, MaxNumberOfMessages=10)
    (message,) = [each for each in answer["Messages"] if each["Body"] == body]
    record = SQSRecord(
        {
            "body": body,
            "messageId": "m",
            "receiptHandle": message["ReceiptHandle"],
            "attributes": {"ApproximateReceiveCount": "1"},
        }
    )
    delivery = Delivery(
        bench.worker, bench.queue, bench.dead_letters, Logger("test"), metrics, lambda client, agent: None
    )
    delivery.receive(record, Deadline.after(bench.clock, 28))


class TestOlderCode:
    """This release, and what the next one has left in the table: the time of a deployment, or of a roll-back."""

    def test_it_writes_no_booking_of_the_later_release_at_any_age(
        self, bench: Bench, later: Any, release: NextRelease
    ) -> None:
        booking = accepted_later(later, release)
        key = key_of(booking.booking_id)
        before = raw(bench, key)
        assert (before["mark"], before["schema_version"]) == (MARKED, {"N": "3"})

        for seconds in (1, STUCK, RETENTION):
            bench.clock.advance(seconds)
            wait = bench.work(booking)
            assert isinstance(wait, Wait)
            assert isinstance(wait.cause, UnreadableRecord)
            dead_letter(bench, booking, generation=int(seconds))
            assert bench.sweep() == Swept()
            assert bench.acting.redrive(booking.booking_id, PERSON).obstacle is Obstacle.UNREADABLE
            ended = bench.acting.resolve(booking.booking_id, OperatorAction.REJECTED, PERSON)
            assert ended.obstacle is Obstacle.UNREADABLE
            with pytest.raises(NotStored):
                bench.accept()
            assert raw(bench, key) == before

    def test_a_record_that_it_has_read_before_is_not_written_over(
        self, bench: Bench, later: Any, release: NextRelease
    ) -> None:
        """Nor where the number of the write itself did not change: a repair by hand, a restored record."""
        stale = bench.accept()
        later.ledger.requeue(later.now(stale))
        aws.dynamodb().update_item(
            TableName=bench.stack.table,
            Key={"pk": {"S": key_of(stale.booking_id)}},
            UpdateExpression="SET #version = :version",
            ExpressionAttributeNames={"#version": "version"},
            ExpressionAttributeValues={":version": {"N": str(stale.version)}},
        )
        before = raw(bench, key_of(stale.booking_id))

        for write in (bench.ledger.requeue, bench.ledger.mark_notified):
            with pytest.raises(Overtaken):
                write(stale)
        with pytest.raises(Overtaken):
            bench.ledger.move(stale, State.SENDING)
        assert raw(bench, key_of(stale.booking_id)) == before

    def test_booking_in_doubt_is_finished_by_the_later_release(
        self, bench: Bench, later: Any, release: NextRelease
    ) -> None:
        bench.patient()
        bench.fake.fault(POST, "timeout_after", count=1)
        booking = accepted_later(later, release)
        later.waits(booking)
        aws.sqs().purge_queue(QueueUrl=bench.stack.queue_url)  # its message expired long ago
        bench.clock.advance(STUCK)
        assert bench.sweep() == Swept()

        assert later.sweep().requeued == 1
        ended = later.ends(later.now(booking))

        assert ended.state.value == "booked"
        assert [each["appointment_id"] for each in bench.fake.standing()] == [ended.appointment_id]
        assert bench.fake.posted() == 1

    def test_it_is_counted_by_its_raw_attributes_and_shown(
        self, bench: Bench, later: Any, release: NextRelease
    ) -> None:
        booking = accepted_later(later, release)
        states = type(booking.state)
        parked = later.ledger.move(accepted_later(later, release, clinic_id="C-02"), states.NEEDS_ATTENTION)
        bench.clock.advance(600)

        measured = Backlog(bench.ledger, bench.clock).measure()
        found = bench.acting.listed(Filter()).unreadable

        assert (measured.on_their_way, measured.oldest_seconds, measured.unreadable) == (1, 600.0, 2)
        assert {each.booking_id for each in found} == {booking.booking_id, parked.booking_id}
        assert {each.schema_version for each in found} == {3}
        assert {each.open for each in found} == {"on_its_way", "untold"}

    def test_a_word_that_it_does_not_know_is_no_less_unreadable(self, bench: Bench) -> None:
        booking = bench.accept()
        bench.stack.spoil(key_of(booking.booking_id), state="of_the_next_release")

        assert [each.booking_id for each in bench.acting.listed(Filter()).unreadable] == [booking.booking_id]
        assert Backlog(bench.ledger, bench.clock).measure().unreadable == 1
        assert bench.acting.found(booking.booking_id) == bench.acting.listed(Filter()).unreadable[0]

    def test_what_is_broken_beyond_its_version_is_counted_too(self, bench: Bench) -> None:
        booking = bench.accept()
        bench.stack.spoil(key_of(booking.booking_id), accepted_at="soon", schema_version="three", queued_at="earlier")

        (found,) = bench.acting.listed(Filter()).unreadable
        measured = Backlog(bench.ledger, bench.clock).measure()

        assert (found.schema_version, found.since) == (None, None)
        assert (measured.on_their_way, measured.unreadable) == (1, 1)

    def test_message_of_a_later_release_waits_and_is_no_dead_letter(self, bench: Bench, later: Any) -> None:
        booking = bench.accept()
        metrics = Metrics(namespace="test", service="test")
        body = json.dumps({"v": 2, "booking_id": booking.booking_id, "generation": 1, "more": True})

        with pytest.raises(NotDoneYet):
            delivered(bench, body, metrics=metrics)

        assert bench.stack.dead_letters() == []
        assert "BookingUnreadable" in metrics.metric_set
        metrics.clear_metrics()

    def test_worker_counts_bookings_that_wait_for_a_later_release(
        self, bench: Bench, later: Any, release: NextRelease
    ) -> None:
        booking = accepted_later(later, release)
        metrics = Metrics(namespace="test", service="test")

        with pytest.raises(NotDoneYet):
            delivered(bench, json.dumps({"v": 1, "booking_id": booking.booking_id, "generation": 1}), metrics=metrics)

        assert "BookingUnreadable" in metrics.metric_set
        metrics.clear_metrics()

    def test_an_erasure_takes_nothing_of_the_later_release_away(self, bench: Bench, later: Any) -> None:
        booking = bench.accept(new_request())
        assert later.locks.acquire_number_lock(later.now(booking))
        ended = bench.ledger.move(
            bench.ledger.move(bench.now(booking), State.NEEDS_ATTENTION, reason=Reason.TOO_LATE), State.REJECTED
        )
        before = bench.stack.items()

        request = new_request().new_patient
        assert request is not None
        erased = bench.holdings.erase(Subject(mobile=request.mobile), PERSON, open_too=True)

        assert [each.kept for each in erased.bookings] == [NotErasedReason.UNREADABLE]
        assert bench.stack.items() == before
        assert bench.now(ended).number_key is not None

    def test_unreadable_record_is_reported_and_not_erased(self, bench: Bench, later: Any, release: NextRelease) -> None:
        accepted_later(later, release)
        before = bench.stack.items()

        erased = bench.holdings.erase(Subject(patient_id="P-41"), PERSON, open_too=True)

        assert (erased.bookings, erased.found.unreadable) == ([], 1)
        assert bench.stack.items() == before


class TestNewerCode:
    def test_it_goes_on_with_what_this_release_has_begun(self, bench: Bench, later: Any) -> None:
        bench.patient()
        bench.fake.fault(POST, "timeout_after", count=1)
        booking = bench.accept()
        bench.waits(booking)

        ended = later.ends(later.now(booking))

        assert (ended.state.value, ended.schema_version) == ("booked", 3)
        assert bench.fake.posted() == 1

    def test_back_and_forth_makes_one_appointment_of_each(self, bench: Bench, later: Any, release: NextRelease) -> None:
        bench.patient()
        own = [bench.accept(), bench.accept(start=MUCH_LATER)]
        newer = [accepted_later(later, release, start=LATER)]
        for turn in range(6):
            bench.clock.advance(STUCK)
            for side in (bench, later) if turn % 2 else (later, bench):
                side.sweep()
                for each in (*own, *newer):
                    side.work(each, generation=100)

        states = [later.now(each).state.value for each in (*own, *newer)]

        assert states == ["booked"] * 3
        assert bench.fake.posted() == len(bench.fake.standing()) == 3
