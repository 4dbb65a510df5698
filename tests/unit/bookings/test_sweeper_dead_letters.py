"""Dead letters: what the sweeper parks, removes, and leaves to a person."""

from __future__ import annotations

import json

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking, key_of
from convox_clinicea.bookings.sweeper import Swept
from convox_clinicea.table import Table
from tests.support.bench import Bench
from tests.support.sweeping import NOTHING, dead_letter


@pytest.mark.parametrize(("posted", "reason"), [(False, Reason.AGE_LIMIT), (True, Reason.OUTCOME_UNKNOWN)])
def test_a_booking_found_among_them_is_parked_and_told_of(bench: Bench, posted: bool, reason: Reason) -> None:
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
def test_one_of_a_booking_that_is_taken_care_of_is_removed(bench: Bench, state: State) -> None:
    booking = bench.ledger.move(bench.accept(), state, notice_due=False)
    dead_letter(bench, booking)

    assert bench.sweep() == NOTHING
    assert bench.stack.dead_letters() == []
    assert bench.now(booking) == booking


def test_one_of_an_older_generation_parks_nothing_and_is_removed(bench: Bench) -> None:
    booking = bench.ledger.requeue(bench.accept())
    dead_letter(bench, booking, generation=1)

    assert bench.sweep() == NOTHING
    assert bench.now(booking) == booking
    assert bench.stack.dead_letters() == []


def test_one_whose_booking_is_being_worked_on_stays(bench: Bench) -> None:
    booking = bench.accept()
    claimed = bench.claimed(booking)
    dead_letter(bench, booking)

    assert bench.sweep() == NOTHING
    assert bench.now(booking) == claimed
    assert bench.stack.hidden_dead_letters() == 1


@pytest.mark.parametrize(
    "body", ["what is this", '{"v": 9}', json.dumps({"v": 1, "booking_id": f"bk_{'z' * 26}", "generation": 1})]
)
def test_one_that_is_not_understood_stays_for_a_person(bench: Bench, body: str) -> None:
    bench.dead_letters.bury(body)

    assert bench.sweep() == NOTHING
    assert bench.stack.hidden_dead_letters() == 1


def test_unreadable_record_stays_and_delays_no_other(bench: Bench) -> None:
    broken, good = bench.accept(), bench.accept(clinic_id="C-02")
    bench.stack.spoil(key_of(broken.booking_id), state="no state")
    dead_letter(bench, broken)
    dead_letter(bench, good)

    assert bench.sweep().parked == 1
    assert bench.now(good).state is State.NEEDS_ATTENTION
    assert bench.stack.hidden_dead_letters() == 1


def test_one_that_moves_meanwhile_is_looked_at_again_later(bench: Bench) -> None:
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


def test_more_than_one_receive_gives_are_all_seen_to(bench: Bench) -> None:
    for number in range(23):
        dead_letter(bench, bench.accept(clinic_id=f"C-{number}"))

    assert bench.sweep().parked == 23
