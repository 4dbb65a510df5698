"""Callbacks of one call at once, a worker between them, and the locks of what was replaced."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.calendar import Calendar
from convox_clinicea.bookings.call import Call
from convox_clinicea.bookings.callbacks import StatusCallbacks
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.intake import MOST_TRIES
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import Caller
from convox_clinicea.errors import NotStored
from convox_clinicea.privacy import PersonalText
from convox_clinicea.table import Contended, Put, Table
from tests.support.bench import Bench
from tests.support.bookings import CALL_ID, START, known_request, status_callback
from tests.support.callbacks import (
    LATER,
    booking_of,
    bookings,
    first,
    once,
    second,
    standing,
    takes,
)


class TestRaces:
    @pytest.fixture
    def between(self, bench: Bench) -> Callable[[Callable[[], object]], StatusCallbacks]:
        """A desk, as another Lambda's, for which something happens after each reading of the call."""

        def desk(act: Callable[[], object]) -> StatusCallbacks:
            class Slow(Calls):
                def get(self, caller: str, call_id: str, *earlier: str) -> Call:
                    found = super().get(caller, call_id, *earlier)
                    act()
                    return found

            return bench.another_desk(calls=Slow(Table(aws.dynamodb(), bench.stack.table), bench.clock))

        return desk

    def test_two_first_callbacks_are_one_booking(self, bench: Bench, between: Any) -> None:
        taken = between(once(lambda: takes(bench, first()))).handle(status_callback(first()))

        assert taken.repeated is True
        assert len(bookings(bench)) == 1

    def test_two_different_first_callbacks_book_the_later_one(self, bench: Bench, between: Any) -> None:
        between(once(lambda: takes(bench, first()))).handle(status_callback(second()))

        (booking,) = bookings(bench)
        assert (booking.start, booking.generation) == (LATER, 2)

    def test_two_agents_first_callbacks_book_one_and_park_one(self, bench: Bench, between: Any) -> None:
        other = Caller(name="convox", call_id=CALL_ID, agent_id="agent-77")
        late = status_callback(second(caller=other), caller=other)

        taken = between(once(lambda: takes(bench, first()))).handle(late)

        assert booking_of(taken).reason is Reason.CHANGED_AFTER_BOOKING
        assert sorted(each.state for each in bookings(bench)) == [State.ACCEPTED, State.NEEDS_ATTENTION]

    def test_a_flow_function_that_comes_between_is_taken_over(self, bench: Bench, between: Any) -> None:
        direct: list[Booking] = []

        taken = between(once(lambda: direct.append(bench.accept()))).handle(status_callback(first()))

        assert booking_of(taken).booking_id == direct[0].booking_id
        assert len(bookings(bench)) == 1

    def test_a_worker_that_claims_first_keeps_its_content(self, bench: Bench, between: Any) -> None:
        booking = booking_of(takes(bench))

        taken = between(once(lambda: bench.claimed(booking))).handle(status_callback(second()))

        assert booking_of(taken).reason is Reason.CHANGED_AFTER_BOOKING
        assert (bench.now(booking).state, bench.now(booking).start) == (State.SENDING, START)

    def test_late_worker_posts_nothing_of_what_was_replaced(self, bench: Bench) -> None:
        bench.patient()
        booking = booking_of(takes(bench))

        class Slow(Calendar):
            def read(self, *given: Any) -> Any:
                shown = super().read(*given)
                takes(bench, second())
                return shown

        bench.worker = bench.another_worker(calendar=Slow(bench.clinicea, bench.ledger))
        bench.waits(booking)

        assert standing(bench) == []
        assert bench.now(booking).start == LATER

    def test_too_many_conflicts_answer_that_it_may_be_sent_again(self, bench: Bench, between: Any) -> None:
        booking = booking_of(takes(bench))
        requeued: list[Booking] = []

        def sweeper_is_faster() -> None:
            requeued.append(bench.ledger.requeue(bench.now(booking)))

        # The booking is read after the call, so what comes between has to change the call itself.
        def another_agent() -> None:
            call_now = bench.calls.get("convox", CALL_ID)
            bench.calls.write(call_now)
            sweeper_is_faster()

        with pytest.raises(NotStored, match="every try"):
            between(another_agent).handle(status_callback(second()))
        assert len(requeued) == MOST_TRIES
        assert bench.now(booking).start == START

    def test_conflicting_transaction_of_the_call_is_retried_quietly(self, bench: Bench) -> None:
        class Busy(Calls):
            def write(self, call: Call, *beside: Put, start: datetime | None = None) -> Call:
                if not waited:
                    waited.append(call)
                    raise Contended("another transaction")
                return super().write(call, *beside, start=start)

        waited: list[Call] = []
        desk = bench.another_desk(calls=Busy(Table(aws.dynamodb(), bench.stack.table), bench.clock))

        assert booking_of(desk.handle(status_callback())).state is State.ACCEPTED
        assert len(waited) == len(bookings(bench)) == 1


class TestLocks:
    def test_a_slot_that_is_not_wanted_any_more_is_free_for_others(self, bench: Bench) -> None:
        bench.patient()
        booking = booking_of(takes(bench))
        assert bench.locks.acquire_slot_lock(booking, "P-41")
        caller = Caller(name="convox", call_id="CALL-2", agent_id="agent-77")
        other = bench.accept(known_request(caller=caller, service=PersonalText("x")))
        assert not bench.locks.acquire_slot_lock(other, "P-41")

        takes(bench, second())

        assert bench.now(booking).state is State.ACCEPTED
        assert bench.locks.acquire_slot_lock(other, "P-41")
        assert bench.locks.acquire_slot_lock(bench.now(booking), "P-41"), "its own new one"
