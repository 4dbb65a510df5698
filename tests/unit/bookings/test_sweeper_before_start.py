"""A booking that waits for another one is put before a person before its start, however slow the queue is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.privacy import PersonalText
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import known_request, new_request, newcomer

POST = "postAppointmentByPatientID"
CREATE = "postAppointment"


def same_start(bench: Bench) -> tuple[Booking, Booking]:
    """Two calls want one start of a patient's, two hours ahead; the first has posted, and got no answer."""
    bench.patient()
    start = bench.clock.now() + timedelta(hours=2)
    first = bench.accept(known_request(start=start))
    bench.fake.fault(POST, "timeout_before", count=1)
    bench.waits(first)
    return first, bench.accept(known_request(start=start, service=PersonalText(invented.SERVICE)))


def same_number(bench: Bench) -> tuple[Booking, Booking]:
    """Two become patients under one number; the first one's POST is in doubt."""
    start = bench.clock.now() + timedelta(hours=2)
    first = bench.accept(new_request(start=start))
    bench.fake.fault(CREATE, "timeout_before", count=1)
    bench.waits(first)
    other = newcomer(first_name=PersonalText(invented.CHILD_NAME))
    return first, bench.accept(new_request(start=start, new_patient=other))


@pytest.mark.parametrize("two", [same_start, same_number])
def test_start_is_kept_while_its_message_is_in_a_slow_queue(
    bench: Bench, two: Callable[[Bench], tuple[Booking, Booking]]
) -> None:
    first, second = two(bench)
    bench.clock.advance(minutes=111)

    assert bench.sweep().parked == 1

    parked = bench.now(second)
    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.WAITS_FOR_OTHER_BOOKING)
    assert parked.request is not None
    assert [notice["booking_id"] for notice in bench.stack.notices()] == [second.booking_id]
    assert bench.now(first).state is State.UNKNOWN


def test_behind_one_that_was_parked_in_doubt_too(bench: Bench) -> None:
    first, second = same_start(bench)
    bench.ledger.move(bench.now(first), State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN, notice_due=False)
    bench.clock.advance(minutes=111)

    assert bench.sweep().parked == 1
    assert bench.now(second).reason is Reason.WAITS_FOR_OTHER_BOOKING


def test_as_long_as_there_is_time_it_waits(bench: Bench) -> None:
    _, second = same_start(bench)
    bench.clock.advance(minutes=109)

    assert bench.sweep().parked == 0
    assert bench.now(second).state is State.ACCEPTED


def test_one_that_was_just_sent_is_left_to_the_worker(bench: Bench) -> None:
    first, _ = same_start(bench)
    bench.clock.advance(minutes=111)
    third = bench.accept(known_request(start=first.start, service=PersonalText("Another")))

    bench.sweep()

    assert bench.now(third).state is State.ACCEPTED


def test_one_that_waits_for_nobody_may_still_be_made(bench: Bench) -> None:
    bench.patient()
    alone = bench.accept(known_request(start=bench.clock.now() + timedelta(hours=2)))
    bench.clock.advance(minutes=111)

    assert bench.sweep().parked == 0
    assert bench.ends(bench.now(alone)).state is State.BOOKED


def test_behind_a_booked_one_the_worker_finds_its_appointment(bench: Bench) -> None:
    first, second = same_start(bench)
    assert bench.settles(first).state is State.BOOKED
    bench.clock.advance(minutes=108)

    assert bench.sweep().parked == 0
    assert bench.ends(bench.now(second)).reason is Reason.ALREADY_THERE


def test_newcomer_now_known_waits_for_that_patients_start(bench: Bench) -> None:
    """The first is booked under the number; the patient's later start is held by a booking in doubt."""
    start = bench.clock.now() + timedelta(hours=2)
    assert bench.ends(bench.accept(new_request())).state is State.BOOKED
    (patient,) = bench.fake.patients()
    known = bench.accept(known_request(patient_id=patient["patient_id"], start=start))
    bench.fake.fault(POST, "timeout_before", count=1)
    bench.waits(known)
    second = bench.accept(new_request(start=start))
    bench.clock.advance(minutes=111)

    assert bench.sweep().parked == 1
    assert bench.now(second).reason is Reason.WAITS_FOR_OTHER_BOOKING


def test_one_that_was_posted_waits_for_its_own_end(bench: Bench) -> None:
    first, _ = same_start(bench)
    bench.clock.advance(minutes=111)

    bench.sweep()

    assert bench.now(first).state is State.UNKNOWN
