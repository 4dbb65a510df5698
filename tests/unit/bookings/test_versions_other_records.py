"""Locks, calls, canaries and operators' acts of a later release: this one leaves them as they are, and waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.audit import Person
from convox_clinicea.bookings.call import key_of_call
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import key_of
from convox_clinicea.bookings.request import Caller
from convox_clinicea.bookings.status import BookingStatus
from convox_clinicea.errors import NotStored
from convox_clinicea.items import UnreadableRecord
from tests.support.bench import Bench
from tests.support.bookings import CALL_ID, new_request
from tests.support.callbacks import LATER, first, takes
from tests.support.later import accepted_later, raw
from tests.support.next_release import MARK, NextRelease

PERSON = Person("arn:aws:iam::123456789012:user/asha", "a test")
MARKED = {"S": MARK}
ANOTHER_CALL = Caller(name="convox", call_id="CALL-7002", agent_id="agent-13")
"""Of what a later release has noted of a call, this one writes nothing, so it takes no booking on it either."""


class TestOlderCode:
    """This release, and what the next one has left in the table beside its bookings."""

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
