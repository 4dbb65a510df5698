"""One creator per number, one booking per patient and start: who holds, who waits, and who takes over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.audit import Person
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.protocol import LONGEST_SECONDS, Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.privacy import PersonalText
from convox_clinicea.table import Table
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import new_request, newcomer

CREATE = "postAppointment"


def two(bench: Bench) -> tuple[Booking, Booking]:
    """Two callers become patients under one number, at different clinics."""
    second = newcomer(first_name=PersonalText(invented.CHILD_NAME))
    return bench.accept(new_request()), bench.accept(new_request(new_patient=second))


def held_in_doubt(bench: Bench) -> tuple[Booking, Booking]:
    first, second = two(bench)
    bench.fake.fault(CREATE, "timeout_before", count=1)
    bench.waits(first)
    assert bench.now(first).state is State.UNKNOWN
    return first, second


def test_while_one_is_in_doubt_the_other_waits_without_a_search(bench: Bench) -> None:
    _, second = held_in_doubt(bench)
    sent = len(bench.transport.sent)

    wait = bench.waits(second)

    assert wait.cause is None
    assert len(bench.transport.sent) == sent
    assert bench.now(second).version == 1


def test_its_wait_grows_so_that_receives_outlast_the_age_limit(bench: Bench) -> None:
    _, second = held_in_doubt(bench)

    assert bench.waits(second, received=1).seconds < bench.waits(second, received=12).seconds
    assert bench.waits(second, received=12).seconds >= LONGEST_SECONDS / 2


class TestBeforeTheStartOfOneThatWaits:
    """The first is in doubt for hours; the other's start is two hours after it was accepted."""

    @pytest.fixture
    def second(self, bench: Bench) -> Booking:
        child = newcomer(first_name=PersonalText(invented.CHILD_NAME))
        second = bench.accept(new_request(new_patient=child, start=bench.clock.now() + timedelta(hours=2)))
        first = bench.accept(new_request())
        bench.fake.fault(CREATE, "timeout_before", count=1)
        bench.waits(first)
        return second

    def test_it_comes_again_ten_minutes_before(self, bench: Bench, second: Booking) -> None:
        bench.clock.advance(minutes=120 - 1 - 10 - 3)

        left = second.start - timedelta(minutes=1 + 10) - bench.clock.now()
        assert bench.waits(second, received=12).seconds == pytest.approx(left.total_seconds())

    def test_then_it_is_put_before_a_person(self, bench: Bench, second: Booking) -> None:
        bench.clock.advance(minutes=120 - 1 - 10)

        bench.work(second, received=12)

        parked = bench.now(second)
        assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.WAITS_FOR_OTHER_BOOKING)
        assert [notice["booking_id"] for notice in bench.stack.notices()] == [second.booking_id]

    def test_one_that_has_just_come_is_waited_with_for_a_minute(self, bench: Bench, second: Booking) -> None:
        bench.clock.advance(minutes=115)

        assert bench.waits(second, received=1).seconds <= 4
        bench.work(second, received=5)
        assert bench.now(second).reason is Reason.WAITS_FOR_OTHER_BOOKING

    def test_one_that_comes_too_late_is_said_to(self, bench: Bench, second: Booking) -> None:
        bench.clock.advance(minutes=120)

        bench.work(second, received=1)

        assert bench.now(second).reason is Reason.TOO_LATE


def test_the_holder_itself_goes_on(bench: Bench) -> None:
    first, _ = held_in_doubt(bench)

    assert bench.settles(first).state is State.BOOKED


def test_after_the_holder_ended_the_other_sees_its_patient(bench: Bench) -> None:
    first, second = held_in_doubt(bench)
    bench.settles(first)

    parked = bench.ends(second)

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.NUMBER_REGISTERED_TO_OTHER)
    assert len(bench.fake.patients()) == 1


def test_holder_parked_before_any_post_blocks_nobody(bench: Bench) -> None:
    first, second = two(bench)
    assert bench.locks.acquire_number_lock(first)
    bench.ledger.move(first, State.NEEDS_ATTENTION, reason=Reason.TOO_LATE)

    assert bench.ends(second).state is State.BOOKED


def test_behind_a_holder_parked_in_doubt_the_next_is_parked(bench: Bench) -> None:
    first, second = held_in_doubt(bench)
    bench.ledger.move(bench.now(first), State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)

    parked = bench.ends(second)

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.WAITS_FOR_OTHER_BOOKING)
    assert parked.request is not None
    assert bench.stack.notices()[-1]["booking_id"] == second.booking_id
    assert bench.fake.patients() == []


def test_behind_a_slot_parked_in_doubt_too(bench: Bench) -> None:
    bench.patient()
    first = bench.accept()
    bench.fake.fault("postAppointmentByPatientID", "timeout_before", count=1)
    bench.waits(first)
    bench.ledger.move(bench.now(first), State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)

    parked = bench.ends(bench.accept(service=PersonalText(invented.SERVICE)))

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.WAITS_FOR_OTHER_BOOKING)


def test_after_a_decision_on_the_first_the_next_can_be_redriven(bench: Bench) -> None:
    first, second = held_in_doubt(bench)
    parked = bench.ledger.move(bench.now(first), State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)
    bench.ends(second)

    bench.ledger.move(parked, State.REJECTED, reason=Reason.REFUSED)
    bench.acting.redrive(second.booking_id, Person("front desk", "the first was decided"))

    assert bench.ends(bench.now(second)).state is State.BOOKED


def test_a_holder_that_vanished_holds_nobody_up(bench: Bench) -> None:
    first, second = two(bench)
    assert bench.locks.acquire_number_lock(first)
    bench.stack.delete(f"booking#{first.booking_id}")

    assert bench.locks.acquire_number_lock(second)


@pytest.mark.parametrize("kind", ["timeout_after", "late_commit"])
def test_two_children_on_one_number_in_doubt_make_one_patient(bench: Bench, kind: str) -> None:
    first, second = two(bench)
    bench.fake.fault(CREATE, kind, count=1)
    bench.waits(first)

    bench.waits(second)
    assert bench.ends(first).state is State.BOOKED
    assert bench.ends(second).reason is Reason.NUMBER_REGISTERED_TO_OTHER
    assert len(bench.fake.patients()) == 1


def test_a_hold_expires_no_earlier_than_its_booking(bench: Bench) -> None:
    first, _ = two(bench)
    booked = bench.ends(first)

    items = {
        item["pk"]["S"].split("#")[0]: int(item["expires_at"]["N"])
        for item in bench.stack.items()
        if "expires_at" in item
    }
    assert booked.expires_at is not None
    assert set(items) == {"booking", "appointment", "creating", "slot", "call"}
    assert (
        items["creating"]
        >= items["slot"]
        == items["appointment"]
        == items["booking"]
        == int(booked.expires_at.timestamp())
    )


def test_redriven_holder_is_not_overtaken_by_a_stale_reading(bench: Bench) -> None:
    """Both would create the patient: one looked while the holder was parked, and writes after it has gone on."""
    first, second = two(bench)
    assert bench.locks.acquire_number_lock(first)
    parked = bench.ledger.move(bench.now(first), State.NEEDS_ATTENTION, reason=Reason.TOO_LATE)
    between = BetweenLookAndWrite(bench, parked)

    assert not bench.another_locks(between).acquire_number_lock(second)

    assert bench.locks.acquire_number_lock(bench.now(first))
    assert not bench.locks.acquire_number_lock(second)


class BetweenLookAndWrite(Ledger):
    """A ledger whose caller is overtaken by a redrive after it has looked at a hold's holder."""

    def __init__(self, bench: Bench, holder: Booking) -> None:
        super().__init__(Table(aws.dynamodb(), bench.stack.table), bench.clock)
        self._bench = bench
        self._holder = holder

    def get(self, booking_id: str) -> Booking | None:
        found = super().get(booking_id)
        redriven = self._bench.ledger.move(self._holder, State.ACCEPTED, generation=2)
        assert self._bench.locks.acquire_number_lock(redriven)
        return found
