"""A changed mind: one booking per call, whatever comes late or out of order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from convox_clinicea.bookings.call import MOST_WISHES
from convox_clinicea.bookings.callback_fields import Grounds
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Open
from convox_clinicea.errors import InvalidRequest
from convox_clinicea.privacy import PersonalText
from tests.support.bench import Bench
from tests.support.bookings import START
from tests.support.callbacks import (
    LATER,
    MUCH_LATER,
    booking_of,
    bookings,
    call,
    content,
    first,
    second,
    sent,
    standing,
    takes,
    third,
)


class TestAChangedMind:
    def test_before_the_claim_it_takes_the_first_ones_place(self, bench: Bench) -> None:
        bench.patient()
        booking = booking_of(takes(bench))

        taken = takes(bench, second())

        assert (booking_of(taken).booking_id, taken.repeated, taken.changed) == (booking.booking_id, False, False)
        now = bench.now(booking)
        assert (now.state, now.generation, now.version, now.start) == (State.ACCEPTED, 2, 2, LATER)
        assert content(bench, booking).start == LATER
        assert sent(bench) == [(booking.booking_id, 1), (booking.booking_id, 2)]
        bench.work(booking, generation=1)
        assert standing(bench) == [], "the older message means nothing"
        bench.ends(now)
        assert len(standing(bench)) == 1
        assert len(bookings(bench)) == 1

    def test_a_late_repeat_of_the_first_does_not_bring_it_back(self, bench: Bench) -> None:
        booking = booking_of(takes(bench))
        takes(bench, second())

        taken = takes(bench, first())

        assert (booking_of(taken).booking_id, taken.repeated, taken.changed) == (booking.booking_id, True, True)
        assert bench.now(booking).start == LATER

    def test_nor_does_a_flow_functions(self, bench: Bench) -> None:
        booking = booking_of(takes(bench))
        takes(bench, second())

        late = bench.intake.accept(first())

        assert (late.booking.booking_id, late.repeated, late.changed) == (booking.booking_id, True, True)
        assert bench.now(booking).start == LATER

    def test_flow_request_for_the_second_slot_gets_the_calls_booking(self, bench: Bench) -> None:
        bench.patient()
        booking = booking_of(takes(bench))
        takes(bench, second())

        direct = bench.intake.accept(second())

        assert (direct.booking.booking_id, direct.repeated, direct.changed) == (booking.booking_id, True, False)
        bench.ends(bench.now(booking))
        assert standing(bench) == [LATER]

    def test_after_the_claim_it_waits_for_a_person_who_is_told(self, bench: Bench) -> None:
        bench.patient()
        booking = booking_of(takes(bench))
        bench.claimed(booking)

        taken = takes(bench, second())

        parked = booking_of(taken)
        assert parked.booking_id != booking.booking_id
        now = bench.now(parked)
        assert (now.state, now.reason, now.open) == (
            State.NEEDS_ATTENTION,
            Reason.CHANGED_AFTER_BOOKING,
            Open.NOTICE_PENDING,
        )
        assert content(bench, parked).start == LATER
        assert bench.now(booking).start == START
        assert bench.counted == ["BookingAccepted", "CallChangedAfterBooking"]
        assert [generation for _, generation in sent(bench)] == [1], "what is parked is not queued"
        bench.sweep()
        assert [notice["booking_id"] for notice in bench.stack.notices()] == [parked.booking_id]

    @pytest.mark.parametrize("state", [State.UNKNOWN, State.BOOKED, State.NEEDS_ATTENTION])
    def test_whatever_became_of_the_first_once_it_was_claimed(self, bench: Bench, state: State) -> None:
        booking = bench.claimed(booking_of(takes(bench)))
        if state is State.BOOKED:
            bench.ledger.book(booking, "A-1")
        else:
            booking = bench.ledger.move(booking, State.UNKNOWN)
        if state is State.NEEDS_ATTENTION:
            bench.ledger.move(booking, state, reason=Reason.OUTCOME_UNKNOWN)

        taken = takes(bench, second())

        assert booking_of(taken).reason is Reason.CHANGED_AFTER_BOOKING
        assert bench.now(booking).start == START

    def test_its_repeats_are_the_parked_one_and_the_firsts_the_first(self, bench: Bench) -> None:
        booking = booking_of(takes(bench))
        bench.claimed(booking)
        parked = booking_of(takes(bench, second()))

        again, late = takes(bench, second()), takes(bench, first())

        assert (booking_of(again).booking_id, again.repeated, again.changed) == (parked.booking_id, True, False)
        assert (booking_of(late).booking_id, late.repeated, late.changed) == (booking.booking_id, True, False)
        assert len(bookings(bench)) == 2

    def test_third_one_replaces_the_parked_one_and_notifies_again(self, bench: Bench) -> None:
        bench.claimed(booking_of(takes(bench)))
        parked = booking_of(takes(bench, second()))
        bench.sweep()

        taken = takes(bench, third())

        assert booking_of(taken).booking_id == parked.booking_id
        now = bench.now(parked)
        assert (now.state, now.start, now.notice_due) == (State.NEEDS_ATTENTION, MUCH_LATER, True)
        assert len(bookings(bench)) == 2

    def test_after_a_refusal_it_is_a_booking_of_its_own(self, bench: Bench) -> None:
        bench.patient()
        refused = bench.ledger.move(bench.claimed(booking_of(takes(bench))), State.REJECTED, reason=Reason.SLOT_TAKEN)

        taken = takes(bench, second())

        booking = booking_of(taken)
        assert (booking.state, booking.booking_id == refused.booking_id) == (State.ACCEPTED, False)
        assert bench.ends(booking).state is State.BOOKED
        assert len(standing(bench)) == 1

    def test_not_if_nobody_ever_found_out_what_became_of_the_first(self, bench: Bench) -> None:
        booking = bench.ledger.move(bench.claimed(booking_of(takes(bench))), State.UNKNOWN)
        parked = bench.ledger.move(booking, State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)
        bench.ledger.move(parked, State.REJECTED, reason=Reason.EXPIRED_UNRESOLVED)

        assert booking_of(takes(bench, second())).reason is Reason.CHANGED_AFTER_BOOKING

    def test_return_to_a_replaced_and_refused_slot_gets_a_new_id(self, bench: Bench) -> None:
        booking = booking_of(takes(bench))
        takes(bench, second())
        bench.ledger.move(bench.claimed(booking), State.REJECTED, reason=Reason.SLOT_TAKEN)
        bench.clock.advance(1)

        when = bench.clock.now()
        takes(bench, second(), recorded_at=when)
        taken = takes(bench, first(), recorded_at=when + timedelta(seconds=1))

        again = booking_of(taken)
        assert (taken.repeated, again.state) == (False, State.ACCEPTED)
        assert again.booking_id != booking.booking_id
        assert (again.stands_for, again.start) == (booking.booking_id, START)

    def test_what_cannot_be_booked_leaves_the_calls_booking_alone(self, bench: Bench) -> None:
        booking = booking_of(takes(bench))

        with pytest.raises(InvalidRequest, match="start"):
            takes(
                bench,
                first(start=bench.clock.now() - timedelta(days=1)),
                said=PersonalText("{}"),
                grounds=Grounds.CONSENT,
            )

        assert bench.now(booking).start == START
        assert call(bench).problems == ("start",)

    def test_there_is_an_end_to_it(self, bench: Bench) -> None:
        for number in range(MOST_WISHES):
            takes(bench, first(start=START + timedelta(hours=number)))

        with pytest.raises(InvalidRequest, match="changed too often"):
            takes(bench, first(start=START + timedelta(days=30)))
        assert len(bookings(bench)) == 1


class TestOutOfOrder:
    def test_earlier_recorded_callback_replaces_no_later_one(self, bench: Bench) -> None:
        now = bench.clock.now()
        booking = booking_of(takes(bench, second(), recorded_at=now))

        taken = takes(bench, first(), recorded_at=now - timedelta(seconds=30))

        assert (booking_of(taken).booking_id, taken.repeated, taken.changed) == (booking.booking_id, True, True)
        assert bench.now(booking).start == LATER
        assert call(bench).recorded_at == now

    def test_return_to_the_first_slot_needs_a_later_recording(self, bench: Bench) -> None:
        now = bench.clock.now()
        booking = booking_of(takes(bench, first(), recorded_at=now))
        takes(bench, second(), recorded_at=now + timedelta(seconds=1))

        taken = takes(bench, first(), recorded_at=now + timedelta(seconds=2))

        assert (taken.repeated, bench.now(booking).start) == (False, START)
        assert bench.now(booking).generation == 3

    def test_without_that_time_the_last_one_to_come_counts(self, bench: Bench) -> None:
        booking = booking_of(takes(bench, second(), recorded_at=bench.clock.now()))

        takes(bench, third())

        assert bench.now(booking).start == MUCH_LATER

    def test_a_repeat_recorded_later_outdates_what_came_between(self, bench: Bench) -> None:
        now = bench.clock.now()
        booking = booking_of(takes(bench, first(), recorded_at=now))
        takes(bench, first(notes=PersonalText("corrected")), recorded_at=now + timedelta(seconds=9))

        takes(bench, second(), recorded_at=now + timedelta(seconds=5))

        assert bench.now(booking).start == START
