"""A person sends a parked booking on again: redrive keeps every promise of the protocol."""

from __future__ import annotations

from datetime import timedelta

import pytest

from convox_clinicea.bookings.operator import Obstacle, OperatorService
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Open
from convox_clinicea.deadline import Deadline
from tests.support.bench import Bench
from tests.support.bookings import START, known_request
from tests.support.parked import PERSON, parked, parked_in_doubt

POST = "postAppointmentByPatientID"


def test_a_parked_booking_goes_on_and_is_made(bench: Bench, acting: OperatorService) -> None:
    booking = parked(bench)

    done = acting.redrive(booking.booking_id, PERSON)

    assert (done.obstacle, done.sent) == (None, True)
    redriven = bench.now(booking)
    assert (redriven.state, redriven.reason, redriven.generation) == (State.ACCEPTED, None, booking.generation + 1)
    assert redriven.open is Open.ON_ITS_WAY
    assert bench.ends(redriven).state is State.BOOKED
    assert len(bench.fake.standing()) == 1


def test_redrive_sends_a_new_message_and_invalidates_the_old_one(bench: Bench, acting: OperatorService) -> None:
    booking = parked(bench)

    acting.redrive(booking.booking_id, PERSON)

    bodies = [message["Body"] for message in bench.stack.messages()]
    assert sum('"generation": 2' in body for body in bodies) == 1
    bench.work(booking, generation=1)
    assert bench.now(booking).state is State.ACCEPTED
    assert bench.fake.standing() == []


def test_a_dry_run_says_what_would_be_and_changes_nothing(bench: Bench, acting: OperatorService) -> None:
    booking = parked(bench)

    done = acting.redrive(booking.booking_id, PERSON, dry_run=True)

    assert (done.obstacle, done.act, done.sent) == (None, None, False)
    assert bench.now(booking) == booking


def test_its_age_counts_anew(bench: Bench, acting: OperatorService) -> None:
    booking = parked(bench)
    acting.redrive(booking.booking_id, PERSON)
    bench.fake.fault("getAppointmentsByPatient", "status", status=503)

    bench.clock.advance(minutes=11 * 60)
    bench.waits(bench.now(booking))
    bench.clock.advance(minutes=2 * 60)

    assert bench.ends(bench.now(booking)).state is State.NEEDS_ATTENTION


@pytest.mark.parametrize("kind", ["timeout_after", "reset_after"])
def test_what_was_posted_is_found_and_not_posted_again(bench: Bench, acting: OperatorService, kind: str) -> None:
    booking = parked_in_doubt(bench, kind)

    acting.redrive(booking.booking_id, PERSON)
    ended = bench.ends(bench.now(booking))

    assert (ended.state, ended.reason) == (State.BOOKED, None)
    assert [each["appointment_id"] for each in bench.fake.standing()] == [ended.appointment_id]
    assert len(bench.fake.requests(POST)) == 1


def test_posted_booking_settles_before_it_is_posted_again(bench: Bench, acting: OperatorService) -> None:
    bench.patient()
    booking = bench.accept()
    bench.fake.fault(POST, "timeout_before", count=1)
    bench.waits(booking)
    in_doubt = bench.ledger.move(bench.now(booking), State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)
    assert in_doubt.unsettled_since is not None

    acting.redrive(booking.booking_id, PERSON)
    redriven = bench.now(booking)
    assert (redriven.posted, redriven.unsettled_since) == (True, in_doubt.unsettled_since)
    bench.waits(redriven)
    assert len(bench.fake.requests(POST)) == 1

    assert bench.settles(redriven).state is State.BOOKED
    assert len(bench.fake.requests(POST)) == 2
    assert len(bench.fake.standing()) == 1


def test_unclear_calendar_parks_again_without_a_post(bench: Bench, acting: OperatorService) -> None:
    booking = parked_in_doubt(bench)
    by_hand = known_request(start=START + timedelta(minutes=15)).for_clinicea(reference="front desk")
    bench.clinicea.post_appointment_by_patient_id("P-41", by_hand, Deadline.after(bench.clock, 10))
    posts = len(bench.fake.requests(POST))

    acting.redrive(booking.booking_id, PERSON)
    again = bench.ends(bench.now(booking))

    assert (again.state, again.reason) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN)
    assert len(bench.fake.requests(POST)) == posts


def test_a_refusal_is_forgotten_so_that_it_is_tried_again(bench: Bench, acting: OperatorService) -> None:
    booking = parked_in_doubt(bench)
    accepted = bench.ledger.move(booking, State.ACCEPTED, refusal=Reason.SLOT_TAKEN)
    booking = bench.ledger.move(accepted, State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)

    acting.redrive(booking.booking_id, PERSON)

    assert bench.now(booking).refusal is None
    assert bench.ends(bench.now(booking)).state is State.BOOKED


def test_started_booking_is_left_unless_maybe_in_the_calendar(bench: Bench, acting: OperatorService) -> None:
    booking = parked(bench)
    bench.clock.advance(minutes=4 * 24 * 60)

    assert acting.redrive(booking.booking_id, PERSON).obstacle is Obstacle.STARTED
    assert bench.now(booking) == booking

    in_doubt = bench.ledger.move(booking, State.ACCEPTED, posted=True)
    bench.ledger.move(in_doubt, State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)
    assert acting.redrive(booking.booking_id, PERSON).obstacle is None


@pytest.mark.parametrize("state", [State.ACCEPTED, State.SENDING, State.UNKNOWN, State.BOOKED, State.REJECTED])
def test_only_what_is_parked_is_redriven(bench: Bench, acting: OperatorService, state: State) -> None:
    booking = bench.now(bench.accept())
    steps: dict[State, list[State]] = {
        State.ACCEPTED: [],
        State.SENDING: [State.SENDING],
        State.UNKNOWN: [State.SENDING, State.UNKNOWN],
        State.BOOKED: [State.BOOKED],
        State.REJECTED: [State.SENDING, State.REJECTED],
    }
    for step in steps[state]:
        booking = bench.ledger.move(booking, step)

    assert acting.redrive(booking.booking_id, PERSON).obstacle is Obstacle.NOT_PARKED
    assert bench.now(booking) == booking


def test_a_booking_that_never_was_and_one_that_cannot_be_read(bench: Bench, acting: OperatorService) -> None:
    booking = parked(bench)
    bench.stack.spoil(f"booking#{booking.booking_id}", state="of a later version")

    assert acting.redrive("bk_" + "a" * 26, PERSON).obstacle is Obstacle.NOT_FOUND
    assert acting.redrive(booking.booking_id, PERSON).obstacle is Obstacle.UNREADABLE


def test_a_queue_that_is_away_leaves_it_to_the_sweeper(bench: Bench, acting: OperatorService) -> None:
    booking = parked(bench)
    bench.stack.without_queue()

    done = acting.redrive(booking.booking_id, PERSON)

    assert (done.obstacle, done.sent) == (None, False)
    bench.stack.with_queue_again()
    bench.clock.advance(minutes=31)
    assert bench.sweep().requeued == 1
    assert bench.now(booking).generation == booking.generation + 2


def test_redriven_booking_is_not_parked_again_by_its_dead_letter(bench: Bench, acting: OperatorService) -> None:
    bench.patient()
    booking = bench.accept()
    (message,) = bench.stack.messages()
    bench.dead_letters.bury(message["Body"])
    assert bench.sweep().parked == 1

    acting.redrive(booking.booking_id, PERSON)
    bench.dead_letters.bury(message["Body"])

    assert bench.sweep().parked == 0
    assert bench.stack.dead_letters() == []
    assert bench.ends(bench.now(booking)).state is State.BOOKED
