"""Status callbacks: the first, its repeats, and those that cannot be booked."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.call import key_of_call
from convox_clinicea.bookings.callback_fields import Grounds
from convox_clinicea.bookings.callbacks import CallbackResult
from convox_clinicea.bookings.calls import QUIET_CALL_RETENTION, Calls
from convox_clinicea.bookings.protocol import State
from convox_clinicea.errors import ConsentRequired, FieldProblem, InvalidRequest, NotStored, TooLarge
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalText
from convox_clinicea.table import Table
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import AGENT_ID, CALL_ID, new_request, status_callback
from tests.support.callbacks import (
    LATER,
    PROBLEM,
    booking_of,
    bookings,
    call,
    content,
    first,
    sent,
    takes,
)


class TestTheFirst:
    def test_it_becomes_the_calls_booking_in_ledger_and_queue(self, bench: Bench) -> None:
        taken = takes(bench)

        booking = booking_of(taken)
        assert (taken.asked, taken.repeated, taken.changed) == (True, False, False)
        assert bench.now(booking).state is State.ACCEPTED
        assert sent(bench) == [(booking.booking_id, 1)]
        assert call(bench).booking_id == booking.booking_id
        assert (call(bench).agent_id, call(bench).asks) == (AGENT_ID, True)
        assert booking.booking_id == bench.drafter.intent(first()).wish_id, "the id that a flow function gives it"

    def test_a_new_patient_too(self, bench: Bench) -> None:
        ended = bench.ends(booking_of(takes(bench, new_request())))

        assert (ended.state, bench.fake.made()) == (State.BOOKED, 1)

    def test_what_a_flow_function_has_booked_is_taken_over(self, bench: Bench) -> None:
        flow = bench.accept()

        taken = takes(bench)

        assert (booking_of(taken).booking_id, taken.repeated) == (flow.booking_id, True)
        assert call(bench).booking_id == flow.booking_id
        assert len(bookings(bench)) == 1

    def test_a_call_that_asks_for_nothing_is_noted(self, bench: Bench) -> None:
        taken = takes(bench, asks=False)

        assert taken == CallbackResult(None, asked=False)
        assert (call(bench).asks, call(bench).version) == (False, 1)
        assert bookings(bench) == []

    def test_noting_the_same_again_writes_nothing(self, bench: Bench) -> None:
        takes(bench, asks=False)

        takes(bench, asks=False)

        assert call(bench).version == 1

    def test_another_disposition_leaves_the_booking_as_it_is(self, bench: Bench) -> None:
        booking = booking_of(takes(bench))

        taken = takes(bench, asks=False)

        assert (taken.asked, booking_of(taken).booking_id) == (False, booking.booking_id)
        assert bench.now(booking).state is State.ACCEPTED
        assert not call(bench).asks


class TestARepeat:
    def test_it_is_the_calls_booking_and_is_sent_again(self, bench: Bench) -> None:
        booking = booking_of(takes(bench))
        aws.sqs().purge_queue(QueueUrl=bench.stack.queue_url)
        bench.clock.advance(600)

        taken = takes(bench)

        assert (booking_of(taken).booking_id, taken.repeated, taken.changed) == (booking.booking_id, True, False)
        assert len(bookings(bench)) == 1

    def test_other_content_for_the_same_slot_returns_the_first(self, bench: Bench) -> None:
        booking = booking_of(takes(bench))

        taken = takes(bench, first(notes=PersonalText("other")))

        assert (booking_of(taken).booking_id, taken.repeated, taken.changed) == (booking.booking_id, True, True)
        assert content(bench, booking).notes is None

    def test_when_its_start_has_passed_it_gets_the_first_answer(self, bench: Bench) -> None:
        booking = booking_of(takes(bench))
        bench.clock.advance(minutes=5 * 24 * 60)

        assert booking_of(takes(bench)).booking_id == booking.booking_id

    def test_it_heals_what_the_queue_did_not_take(self, bench: Bench) -> None:
        bench.stack.without_queue()
        with pytest.raises(NotStored):
            takes(bench)
        bench.stack.with_queue_again()

        taken = takes(bench)

        assert taken.repeated is True
        assert sent(bench) == [(booking_of(taken).booking_id, 1)]


class TestWhatCannotBeBooked:
    def test_it_is_kept_sealed_for_a_person_and_rings(self, bench: Bench) -> None:
        said = PersonalText(json.dumps({"mobile": invented.MOBILE, "first_name": invented.FIRST_NAME}))

        with pytest.raises(InvalidRequest, match="clinic_id"):
            takes(
                bench,
                asks=False,
                refusal=PROBLEM,
                said=said,
                grounds=Grounds.CONSENT,
                mobile=Mobile.from_e164(invented.MOBILE),
            )

        kept = call(bench)
        key = key_of_call("convox", CALL_ID)
        assert kept.kept is not None
        assert bench.sealer.open(key, kept.kept).decode() == said.reveal()
        assert (kept.problems, bench.counted) == (("clinic_id",), ["CallNotBooked"])
        (item,) = bench.stack.items()
        assert item["open"] == {"S": "not_booked"}
        assert item["number_key"]["S"] == bench.drafter.draft(bench.drafter.intent(new_request()), "x").number_key
        assert not invented.leaks(str(item))

    def test_without_consent_nothing_of_the_patient_is_kept(self, bench: Bench) -> None:
        said = PersonalText(json.dumps({"mobile": invented.MOBILE}))

        with pytest.raises(ConsentRequired):
            takes(bench, asks=False, refusal=ConsentRequired("no"), said=said, grounds=Grounds.CONSENT)

        assert (call(bench).problems, call(bench).kept, call(bench).number_key) == (("consent",), None, None)
        assert bench.counted == ["CallNotBooked"]

    def test_the_corrected_callback_books_and_drops_what_was_kept(self, bench: Bench) -> None:
        with pytest.raises(InvalidRequest):
            takes(bench, asks=False, refusal=PROBLEM, said=PersonalText("{}"), grounds=Grounds.CONSENT)

        booking = booking_of(takes(bench))

        assert bench.now(booking).state is State.ACCEPTED
        assert (call(bench).problems, call(bench).kept) == ((), None)
        assert all(item.get("open") != {"S": "not_booked"} for item in bench.stack.items())

    def test_one_that_is_too_large_is_a_trace_without_content(self, bench: Bench) -> None:
        with pytest.raises(TooLarge):
            takes(bench, asks=False, refusal=TooLarge("the body is over 64 KB"))

        assert (call(bench).problems, call(bench).kept, bench.counted) == (("body",), None, ["CallNotBooked"])

    def test_callback_without_appointment_is_a_repeat_of_the_calls(self, bench: Bench) -> None:
        booking = booking_of(takes(bench))
        before = call(bench)

        taken = takes(bench, asks=False, refusal=PROBLEM, bare=True)

        assert (booking_of(taken).booking_id, taken.asked, taken.repeated) == (booking.booking_id, True, True)
        assert call(bench) == before
        assert "CallNotBooked" not in bench.counted

    def test_and_a_trace_where_the_call_has_none(self, bench: Bench) -> None:
        with pytest.raises(InvalidRequest):
            takes(bench, asks=False, refusal=PROBLEM, bare=True)

        assert call(bench).problems == ("clinic_id",)

    def test_callback_without_a_disposition_changes_no_intent(self, bench: Bench) -> None:
        takes(bench)

        takes(bench, asks=False, disposed=False)

        assert call(bench).asks

    def test_what_was_left_out_is_told_and_counted(self, bench: Bench) -> None:
        taken = takes(bench, left_out=("mobile",))

        assert taken.left_out == ("mobile",)
        assert "CallFieldsLeftOut" in bench.counted

    def test_the_sweeper_leaves_it_alone(self, bench: Bench) -> None:
        with pytest.raises(InvalidRequest):
            takes(bench, asks=False, refusal=PROBLEM, said=PersonalText("{}"), grounds=Grounds.CONSENT)
        before = call(bench)
        bench.clock.advance(minutes=2 * 24 * 60)

        bench.sweep()

        assert call(bench) == before


class TestTheRecord:
    def test_it_outlives_its_bookings(self, bench: Bench) -> None:
        far = bench.clock.now() + timedelta(days=300)
        takes(bench, first(start=far))

        expires_at = call(bench).expires_at
        assert expires_at is not None
        assert expires_at >= far + timedelta(days=30)

    def test_of_a_call_that_asked_for_nothing_it_lives_for_days(self, bench: Bench) -> None:
        takes(bench, asks=False)

        assert call(bench).expires_at == bench.clock.now() + QUIET_CALL_RETENTION
        assert timedelta(days=7) >= QUIET_CALL_RETENTION

    def test_asked_for_an_appointment_later_it_lives_as_long_as_any(self, bench: Bench) -> None:
        takes(bench, asks=False)
        takes(bench)

        expires_at = call(bench).expires_at
        assert expires_at is not None
        assert expires_at >= bench.clock.now() + timedelta(days=90)

    def test_what_could_not_be_booked_waits_as_long_for_a_person(self, bench: Bench) -> None:
        with pytest.raises(InvalidRequest):
            takes(bench, asks=False, refusal=InvalidRequest(FieldProblem("start", "is missing")))

        expires_at = call(bench).expires_at
        assert expires_at is not None
        assert expires_at >= bench.clock.now() + timedelta(days=90)

    def test_without_the_ledger_nothing_is_queued(self, bench: Bench) -> None:
        lost = bench.another_desk(calls=Calls(Table(aws.dynamodb(), "no-such-table"), bench.clock))

        with pytest.raises(NotStored):
            lost.handle(status_callback())
        assert bench.stack.messages() == []

    def test_disposition_stored_by_an_earlier_version_is_dropped(self, bench: Bench) -> None:
        takes(bench, asks=False)
        aws.dynamodb().update_item(
            TableName=bench.stack.table,
            Key={"pk": {"S": key_of_call("convox", CALL_ID)}},
            UpdateExpression="SET disposition = :said",
            ExpressionAttributeValues={":said": {"S": f"wants {invented.FIRST_NAME}"}},
        )

        takes(bench)

        assert call(bench).asks
        assert not invented.leaks(str(bench.stack.items()))

    def test_nothing_personal_stands_in_plain(self, bench: Bench) -> None:
        takes(bench, new_request(notes=PersonalText(invented.NOTES)))
        bench.claimed(bookings(bench)[0])
        takes(bench, new_request(start=LATER, notes=PersonalText(invented.NOTES)))

        assert len(bench.stack.items()) == 3
        assert not invented.leaks(str(bench.stack.items()))
