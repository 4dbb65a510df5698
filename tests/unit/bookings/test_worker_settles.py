"""When a POST of unknown outcome counts as certainly absent: the settle time, and two complete readings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from convox_clinicea.bookings.audit import Person
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.worker import Done
from tests.support.bench import Bench
from tests.support.bookings import START, known_request
from tests.support.settling import LOOK, POST, SETTLED, at_the_second_look, by_hand, in_doubt


@pytest.mark.parametrize("seconds", [2, 60, 118])
def test_late_commit_is_found_before_anything_is_posted_again(bench: Bench, seconds: int) -> None:
    booking = in_doubt(bench, "late_commit", seconds=seconds)

    booked = bench.ends(booking)

    assert (booked.state, booked.reason) == (State.BOOKED, None)
    assert [each["appointment_id"] for each in bench.fake.standing()] == [booked.appointment_id]
    assert [call for call, _ in bench.transport.sent].count(POST) == 1


def test_booked_appointment_is_found_without_the_settle_time(bench: Bench) -> None:
    booking = in_doubt(bench, "timeout_after")
    bench.clock.advance(5)

    outcome = bench.work(booking, received=2)

    assert isinstance(outcome, Done)
    assert bench.now(booking).state is State.BOOKED


def test_until_it_has_settled_the_booking_waits_for_exactly_that(bench: Bench) -> None:
    booking = in_doubt(bench)
    since = bench.now(booking).unsettled_since
    assert since == bench.clock.now()
    bench.clock.advance(50)

    wait = bench.waits(booking, received=2)

    assert 70 <= wait.seconds <= 72
    assert wait.cause is None
    assert bench.now(booking).unsettled_since == since
    assert bench.fake.posted() == 1


def test_absence_takes_two_complete_readings_and_one_more_post(bench: Bench) -> None:
    booking = in_doubt(bench)
    bench.clock.advance(SETTLED)
    before = len(bench.transport.sent)

    outcome = bench.work(booking, received=2)

    assert isinstance(outcome, Done)
    assert [call for call, _ in bench.transport.sent[before:]] == [LOOK, LOOK, POST]
    assert bench.now(booking).state is State.BOOKED


@pytest.mark.parametrize(
    "fault", [{"kind": "html"}, {"kind": "status", "status": 404}, {"kind": "status", "status": 500}]
)
def test_a_reading_that_is_not_complete_shows_nothing(bench: Bench, fault: Any) -> None:
    booking = in_doubt(bench)
    bench.clock.advance(SETTLED)
    at_the_second_look(bench, lambda: bench.fake.fault(LOOK, count=9, **fault))

    bench.waits(booking, received=2)

    assert bench.now(booking).state is State.UNKNOWN
    assert bench.fake.posted() == 1
    bench.fake.clear_faults()
    assert bench.ends(booking).state is State.BOOKED


def test_two_readings_that_differ_prove_nothing(bench: Bench) -> None:
    booking = in_doubt(bench)
    bench.clock.advance(SETTLED)
    at_the_second_look(bench, lambda: by_hand(bench))

    wait = bench.waits(booking, received=2)

    assert wait.cause is None
    assert bench.now(booking).state is State.UNKNOWN
    booked = bench.ends(booking)
    assert booked.state is State.BOOKED
    assert len(bench.fake.standing()) == 1


@pytest.mark.parametrize("moved", [timedelta(minutes=15), timedelta(hours=-5.5), timedelta(hours=24)])
def test_new_unowned_appointment_nearby_is_parked(bench: Bench, moved: timedelta) -> None:
    booking = in_doubt(bench)
    by_hand(bench, start=START + moved)

    parked = bench.ends(booking)

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN)
    assert parked.request is not None
    assert len(bench.fake.standing()) == 1


def test_what_another_booking_owns_counts_for_nothing(bench: Bench) -> None:
    booking = in_doubt(bench)
    other = bench.ends(bench.accept(start=START + timedelta(hours=1)))
    assert other.state is State.BOOKED

    booked = bench.settles(booking)

    assert (booked.state, booked.reason) == (State.BOOKED, None)
    assert booked.appointment_id != other.appointment_id
    assert len(bench.fake.standing()) == 2


@pytest.mark.parametrize("before", [{"status": "Cancelled"}, {"start": (START + timedelta(days=40)).isoformat()}])
def test_what_was_there_before_the_post_counts_for_nothing(bench: Bench, before: dict[str, str]) -> None:
    bench.patient(appointments=[{"clinic_id": "C-01", "start": START.isoformat(), **before}])
    bench.fake.fault(POST, "timeout_before", count=1)
    booking = bench.accept()
    bench.waits(booking)

    assert bench.ends(booking).state is State.BOOKED
    assert bench.fake.made() == 1


@pytest.mark.parametrize(
    ("call", "change"),
    [
        ("cancel", {}),
        ("move", {"start": (START + timedelta(days=7)).isoformat()}),
        ("move", {"start": (START + timedelta(days=200)).isoformat()}),
    ],
)
def test_cancelled_or_moved_while_in_doubt_is_not_made_again(bench: Bench, call: str, change: dict[str, str]) -> None:
    booking = in_doubt(bench, "timeout_after")
    (ours,) = bench.fake.standing()
    bench.fake.call("POST", call, {"appointment_id": ours["appointment_id"], **change})

    parked = bench.ends(booking)

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN)
    assert bench.fake.made() == 1


def test_cancellation_before_the_redrive_does_not_block_it(bench: Bench) -> None:
    booking = in_doubt(bench, "timeout_after")
    (ours,) = bench.fake.standing()
    bench.fake.call("POST", "cancel", {"appointment_id": ours["appointment_id"]})
    parked = bench.ends(booking)

    bench.clock.advance(60)
    bench.acting.redrive(parked.booking_id, Person("front desk", "cancelled it, the caller wants it after all"))

    assert bench.ends(bench.now(parked)).state is State.BOOKED
    assert len(bench.fake.standing()) == 1


def test_the_settle_time_begins_anew_with_each_post(bench: Bench) -> None:
    booking = in_doubt(bench)
    bench.fake.fault(POST, "timeout_before", count=1)
    bench.clock.advance(SETTLED)

    bench.waits(booking, received=2)
    assert bench.now(booking).unsettled_since == bench.clock.now()
    bench.clock.advance(90)
    bench.waits(booking, received=3)
    assert bench.now(booking).state is State.UNKNOWN
    assert bench.fake.posted() == 2
    bench.clock.advance(31)

    assert bench.ends(booking).state is State.BOOKED
    assert (bench.fake.posted(), len(bench.fake.standing())) == (3, 1)


def test_each_claim_remembers_all_that_any_look_had_seen(bench: Bench) -> None:
    bench.patient()
    first = by_hand(bench, start=START + timedelta(hours=3))
    bench.fake.fault(POST, "timeout_before", count=2)
    booking = bench.accept()
    bench.waits(booking)
    assert bench.now(booking).seen == (first,)
    bench.clock.advance(SETTLED)
    bench.waits(booking, received=2)

    assert bench.now(booking).seen == (first,)
    assert bench.settles(booking).state is State.BOOKED


class TestBesideAnotherInDoubt:
    """A patient's two bookings are in doubt at once: only the second one's appointment was made."""

    LATER = START + timedelta(days=1)

    def both(self, bench: Bench) -> tuple[Booking, Booking]:
        first = in_doubt(bench)
        bench.fake.fault(POST, "timeout_after", count=1)
        second = bench.accept(known_request(start=self.LATER))
        bench.waits(second)
        bench.clock.advance(SETTLED)
        return first, second

    def test_possible_appointment_of_the_other_is_waited_for(self, bench: Bench) -> None:
        first, second = self.both(bench)

        assert bench.waits(first, received=2).cause is None
        assert bench.ends(second).state is State.BOOKED

        assert bench.ends(first).state is State.BOOKED
        assert len(bench.fake.standing()) == 2

    def test_not_once_the_other_is_parked(self, bench: Bench) -> None:
        first, second = self.both(bench)
        bench.ledger.move(bench.now(second), State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)

        assert bench.ends(first).reason is Reason.OUTCOME_UNKNOWN

    def test_nor_what_stands_where_the_other_did_not_ask_for_it(self, bench: Bench) -> None:
        first, _ = self.both(bench)
        by_hand(bench, start=self.LATER + timedelta(hours=3))

        assert bench.ends(first).reason is Reason.OUTCOME_UNKNOWN
