"""A person ends a parked booking: what resolve writes, and when it refuses."""

from __future__ import annotations

from typing import Literal

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.audit import OperatorAction
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.operator import Obstacle, OperatorService
from convox_clinicea.bookings.protocol import ProtocolTimings, Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.table import Table
from tests.support.bench import Bench
from tests.support.bookings import new_request
from tests.support.parked import PERSON, parked

POST = "postAppointmentByPatientID"
CREATE = "postAppointment"


def test_booked_makes_the_appointment_its_own(bench: Bench, acting: OperatorService) -> None:
    booking = parked(bench)

    done = acting.resolve(booking.booking_id, OperatorAction.BOOKED, PERSON, appointment_id="A-7")

    assert done.obstacle is None
    ended = bench.now(booking)
    assert (ended.state, ended.reason, ended.appointment_id) == (State.BOOKED, None, "A-7")
    assert (ended.request, ended.patient_id) == (None, "P-41")
    assert bench.ledger.owner_of("A-7") == booking.booking_id


def test_a_new_patient_s_id_is_told_with_it(bench: Bench, acting: OperatorService) -> None:
    booking = bench.accept(new_request())
    booking = bench.ledger.move(booking, State.NEEDS_ATTENTION, reason=Reason.SEVERAL_PATIENTS)

    acting.resolve(booking.booking_id, OperatorAction.BOOKED, PERSON, appointment_id="A-7", patient_id="P-99")

    assert bench.now(booking).patient_id == "P-99"


def test_appointment_of_another_booking_is_refused_naming_it(bench: Bench, acting: OperatorService) -> None:
    other = bench.ledger.book(bench.accept(clinic_id="C-02"), "A-7")
    booking = parked(bench)

    done = acting.resolve(booking.booking_id, OperatorAction.BOOKED, PERSON, appointment_id="A-7")

    assert (done.obstacle, done.owner_id) == (Obstacle.APPOINTMENT_OWNED, other.booking_id)
    assert bench.now(booking) == booking


def test_rejection_keeps_its_reason_and_is_notified(bench: Bench, acting: OperatorService) -> None:
    booking = parked(bench)

    assert acting.resolve(booking.booking_id, OperatorAction.REJECTED, PERSON).obstacle is None

    ended = bench.now(booking)
    assert (ended.state, ended.reason, ended.request) == (State.REJECTED, Reason.AGE_LIMIT, None)
    bench.sweep()
    assert [each["state"] for each in bench.stack.notices()] == ["needs_attention", "rejected"]


def test_nothing_is_resolved_while_its_post_may_still_run(bench: Bench, acting: OperatorService) -> None:
    bench.patient()
    booking = bench.accept()
    bench.fake.fault(POST, "late_commit", count=1, seconds=100)
    bench.waits(booking)
    bench.ledger.move(bench.now(booking), State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)

    assert acting.resolve(booking.booking_id, OperatorAction.REJECTED, PERSON).obstacle is Obstacle.NOT_SETTLED
    by_hand = acting.resolve(booking.booking_id, OperatorAction.BOOKED, PERSON, appointment_id="A-by-hand")
    assert by_hand.obstacle is Obstacle.NOT_SETTLED, "a late commit would stand beside it"
    bench.clock.advance(121)
    assert len(bench.fake.standing()) == 1, "who had looked before would have seen nothing"
    assert acting.resolve(booking.booking_id, OperatorAction.REJECTED, PERSON).obstacle is None


def test_an_end_frees_what_the_booking_held(bench: Bench, acting: OperatorService) -> None:
    first, second = bench.accept(new_request()), bench.accept(new_request(clinic_id="C-02"))
    bench.fake.fault(CREATE, "timeout_before", count=1)
    bench.waits(first)
    bench.ledger.move(bench.now(first), State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)
    assert bench.ends(second).reason is Reason.WAITS_FOR_OTHER_BOOKING

    bench.clock.advance(minutes=3)
    acting.resolve(first.booking_id, OperatorAction.REJECTED, PERSON)
    acting.redrive(second.booking_id, PERSON)
    second = bench.now(second)

    assert bench.ends(second).state is State.BOOKED


def test_only_what_is_parked_is_resolved(bench: Bench, acting: OperatorService) -> None:
    booking = bench.accept()

    assert acting.resolve(booking.booking_id, OperatorAction.REJECTED, PERSON).obstacle is Obstacle.NOT_PARKED
    assert acting.resolve("bk_" + "a" * 26, OperatorAction.REJECTED, PERSON).obstacle is Obstacle.NOT_FOUND


@pytest.mark.parametrize(("word", "appointment_id"), [(OperatorAction.BOOKED, "A-7"), (OperatorAction.REJECTED, None)])
def test_what_moves_meanwhile_is_left_to_whoever_moved_it(
    bench: Bench, word: Literal[OperatorAction.BOOKED, OperatorAction.REJECTED], appointment_id: str | None
) -> None:
    booking = parked(bench)

    class Slow(Ledger):
        def get(self, booking_id: str) -> Booking | None:
            read = super().get(booking_id)
            bench.acting.redrive(booking_id, PERSON)
            return read

    slow = Slow(Table(aws.dynamodb(), bench.stack.table), bench.clock)
    acting = OperatorService(
        ledger=slow,
        queue=bench.queue,
        clock=bench.clock,
        limits=ProtocolTimings(),
        announced=bench.announced,
        tasks=bench.tasks,
    )

    done = acting.resolve(booking.booking_id, word, PERSON, appointment_id=appointment_id)

    assert done.obstacle is Obstacle.CHANGED_MEANWHILE
    assert bench.now(booking).state is State.ACCEPTED


def test_booked_without_an_appointment_is_no_decision(bench: Bench, acting: OperatorService) -> None:
    booking = parked(bench)

    with pytest.raises(ValueError, match="needs an appointment"):
        acting.resolve(booking.booking_id, OperatorAction.BOOKED, PERSON)
