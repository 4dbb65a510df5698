"""Two releases on one table, back and forth: nothing that the later one wrote is written, removed or lost by this."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from convox_clinicea import aws
from convox_clinicea.bookings.audit import OperatorAction, Person
from convox_clinicea.bookings.call import key_of_call
from convox_clinicea.bookings.delivery import Delivery, NotDoneYet
from convox_clinicea.bookings.ledger import Overtaken
from convox_clinicea.bookings.listing import Backlog, Filter
from convox_clinicea.bookings.operator import Obstacle
from convox_clinicea.bookings.person_search import Subject
from convox_clinicea.bookings.personal_data import NotErasedReason
from convox_clinicea.bookings.protocol import Reason, State, Wait
from convox_clinicea.bookings.record import key_of
from convox_clinicea.bookings.request import Caller
from convox_clinicea.bookings.status import BookingStatus
from convox_clinicea.bookings.sweeper import Swept
from convox_clinicea.deadline import Deadline
from convox_clinicea.errors import NotStored
from convox_clinicea.items import UnreadableRecord
from tests.support.bench import Bench
from tests.support.bookings import CALL_ID, new_request
from tests.support.callbacks import LATER, MUCH_LATER, first, takes
from tests.support.next_release import MARK, NextRelease
from tests.support.sweeping import RETENTION, STUCK, dead_letter

POST = "postAppointmentByPatientID"
PERSON = Person("arn:aws:iam::123456789012:user/asha", "a test")
MARKED = {"S": MARK}
ANOTHER_CALL = Caller(name="convox", call_id="CALL-7002", agent_id="agent-13")
"""Of what a later release has noted of a call, this one writes nothing, so it takes no booking on it either."""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> NextRelease:
    return NextRelease(tmp_path_factory.mktemp("next"))


@pytest.fixture
def later(bench: Bench, release: NextRelease) -> Any:
    """The next release's bench, on the same stack and Clinicea."""
    return release.beside(bench)


def raw(bench: Bench, key: str) -> dict[str, Any]:
    return dict(aws.dynamodb().get_item(TableName=bench.stack.table, Key={"pk": {"S": key}})["Item"])


def accepted_later(later: Any, release: NextRelease, **changes: Any) -> Any:
    return later.accept(release.requests.known_request(**changes))


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

    def test_call_of_a_later_release_is_not_written_nor_its_callback(
        self, bench: Bench, later: Any, release: NextRelease
    ) -> None:
        wanted = release.requests.known_request()
        later.callbacks.handle(release.requests.status_callback(wanted))
        key = key_of_call("convox", CALL_ID)
        before = raw(bench, key)
        assert before["mark"] == MARKED

        for again in (first(), first(start=LATER)):
            with pytest.raises(NotStored):
                takes(bench, again)
        assert raw(bench, key) == before

        changed = later.callbacks.handle(release.requests.status_callback(release.requests.known_request(start=LATER)))
        assert changed.booking.start == LATER
        assert len(later.ledger.of_call("convox", CALL_ID)) == 1

    def test_a_list_of_a_call_says_that_something_is_missing(
        self, bench: Bench, later: Any, release: NextRelease
    ) -> None:
        own = bench.accept(clinic_id="C-02")
        accepted_later(later, release)

        found = BookingStatus(bench.ledger, bench.calls, bench.drafter.ids).of_call(CALL_ID, "convox")

        assert [each.booking_id for each in found.bookings] == [own.booking_id]
        assert found.unreadable == 2, "the booking, and what the call notes"

    def test_lock_of_a_later_release_is_neither_taken_nor_rewritten(
        self, bench: Bench, later: Any, release: NextRelease
    ) -> None:
        bench.patient()
        held = later.accept(release.requests.new_request())
        assert later.locks.acquire_number_lock(later.now(held))
        (key,) = [item["pk"]["S"] for item in bench.stack.items() if item["pk"]["S"].startswith("creating#")]
        before = raw(bench, key)
        other = bench.accept(new_request(clinic_id="C-02", caller=ANOTHER_CALL))

        with pytest.raises(UnreadableRecord):
            bench.locks.acquire_number_lock(other)
        bench.stack.delete(key_of(held.booking_id))  # a holder that is gone does not free it for older code
        with pytest.raises(UnreadableRecord):
            bench.locks.acquire_number_lock(other)
        assert raw(bench, key) == before

    def test_own_lock_rewritten_by_a_later_release_stays(self, bench: Bench, later: Any) -> None:
        booking = bench.accept(new_request())
        assert later.locks.acquire_number_lock(later.now(booking))
        (key,) = [item["pk"]["S"] for item in bench.stack.items() if item["pk"]["S"].startswith("creating#")]
        before = raw(bench, key)
        assert before["mark"] == MARKED

        with pytest.raises(UnreadableRecord):
            bench.locks.acquire_number_lock(booking)
        assert raw(bench, key) == before

    def test_start_locked_by_a_later_release_keeps_its_lock(self, bench: Bench, later: Any) -> None:
        bench.patient()
        booking = bench.accept()
        slot = later.locks.acquire_slot_lock(later.now(booking), "P-41")
        (key,) = [item["pk"]["S"] for item in bench.stack.items() if item["pk"]["S"].startswith("slot#")]
        before = raw(bench, key)

        assert slot
        with pytest.raises(UnreadableRecord):
            bench.ledger.book(bench.claimed(booking), "A-1", patient_id="P-41")
        assert raw(bench, key) == before

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

    def test_a_canary_of_the_later_release_is_left_and_posting_waits(self, bench: Bench, later: Any) -> None:
        bench.patient()
        later.worker = later.another_worker(canary=later.canary())
        mine = bench.accept()
        assert later.ends(later.now(mine)).state.value == "booked"
        (key,) = [item["pk"]["S"] for item in bench.stack.items() if item["pk"]["S"].startswith("canary#")]
        before = raw(bench, key)
        bench.worker = bench.another_worker(canary=bench.canary())
        next_one = bench.accept(start=LATER)

        assert isinstance(bench.waits(next_one).cause, UnreadableRecord)
        assert raw(bench, key) == before
        assert bench.fake.posted() == 1

    def test_an_announced_call_of_the_later_release_stays_open(self, bench: Bench, later: Any) -> None:
        later.announced.announce("convox", CALL_ID, "agent-12")
        before = raw(bench, f"announced#convox#agent-12#{CALL_ID}")

        with pytest.raises(UnreadableRecord):
            bench.announced.end("convox", CALL_ID, "agent-12")
        assert raw(bench, f"announced#convox#agent-12#{CALL_ID}") == before

    def test_an_act_of_the_later_release_is_shown_with_its_own_word(self, bench: Bench) -> None:
        booking = bench.ledger.move(bench.accept(), State.NEEDS_ATTENTION, reason=Reason.TOO_LATE)
        act = bench.acting.redrive(booking.booking_id, PERSON).act
        assert act is not None
        bench.stack.spoil(f"act#{booking.booking_id}#{act.version}", what="a_word_of_the_next_release")

        shown = bench.acting.shown(booking.booking_id)

        assert shown is not None
        assert [each.line["what"] for each in shown[1]] == ["a_word_of_the_next_release"]

    def test_an_announced_call_of_the_later_release_is_listed(self, bench: Bench, later: Any) -> None:
        later.announced.announce("convox", CALL_ID, "agent-12")
        aws.dynamodb().update_item(
            TableName=bench.stack.table,
            Key={"pk": {"S": f"announced#convox#agent-12#{CALL_ID}"}},
            UpdateExpression="REMOVE caller, call_id",
        )

        ((found,), _) = bench.announced.without_end(timedelta(0))

        assert (found.caller, found.call_id) == ("convox", CALL_ID)

    def test_sealed_request_of_a_later_release_waits_until_parked(
        self, bench: Bench, later: Any, release: NextRelease
    ) -> None:
        bench.patient()
        booking = bench.accept()
        sealed = bench.sealer.seal(key_of(booking.booking_id), release.requests.known_request().to_bytes())
        aws.dynamodb().update_item(
            TableName=bench.stack.table,
            Key={"pk": {"S": key_of(booking.booking_id)}},
            UpdateExpression="SET #request = :sealed",
            ExpressionAttributeNames={"#request": "request"},
            ExpressionAttributeValues={":sealed": {"B": sealed}},
        )

        bench.waits(booking)
        bench.clock.advance(13 * 3600)
        parked = bench.ends(booking)

        assert (parked.state, parked.reason, parked.request) == (State.NEEDS_ATTENTION, Reason.AGE_LIMIT, sealed)
        assert bench.fake.posted() == 0


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
