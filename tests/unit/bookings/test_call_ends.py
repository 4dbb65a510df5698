"""Bookings at the call's end: whatever comes first, and however often, there is one booking and one appointment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.call_ends import CallEndBookings
from convox_clinicea.bookings.messages import BookingQueue
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.waiting_bookings import NotMade, WaitingBooking, due
from convox_clinicea.deadline import Deadline
from convox_clinicea.errors import InvalidRequest, NotStored
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.table import Table
from tests.support.bench import Bench
from tests.support.bookings import AGENT_ID, CALL_ID, START, known_request, new_request, status_callback

KEY = f"desk-wish#convox#{AGENT_ID}#{CALL_ID}"


def ends_of(bench: Bench, **collaborators: object) -> CallEndBookings:
    parts: dict[str, object] = {
        "table": Table(aws.dynamodb(), bench.stack.table),
        "intake": bench.intake,
        "sealer": bench.sealer,
        "ids": bench.ids,
        "clock": bench.clock,
        "count": bench.counted.append,
    }
    return CallEndBookings(**parts | collaborators)  # type: ignore[arg-type]  # any collaborator, by name


@pytest.fixture
def ends(bench: Bench) -> CallEndBookings:
    return ends_of(bench)


def table(bench: Bench) -> Table:
    return Table(aws.dynamodb(), bench.stack.table)


def swept(bench: Bench, ends: CallEndBookings, minutes: int = 15) -> int:
    keys = due(table(bench), bench.clock.now() - timedelta(minutes=minutes))
    return ends.make_each(keys, Deadline.after(bench.clock, 60))


STEPS: dict[str, Callable[[Bench, CallEndBookings], object]] = {
    "now": lambda _bench, ends: ends.book_now(known_request()),
    "kept": lambda bench, ends: ends.keep(known_request()),
    "ended": lambda bench, ends: ends.make("convox", AGENT_ID, CALL_ID),
    "callback": lambda bench, ends: bench.callbacks.handle(status_callback()),
    "swept": lambda bench, ends: swept(bench, ends, minutes=0),
}


@pytest.mark.parametrize("order", [*permutations(STEPS)], ids="-".join)
def test_in_every_order_there_is_one_booking(bench: Bench, ends: CallEndBookings, order: tuple[str, ...]) -> None:
    for step in (*order, "ended", "swept"):
        STEPS[step](bench, ends)
        bench.clock.advance(1)

    (booking,) = bench.stack.items("booking#")
    assert booking["state"]["S"] == "accepted"
    assert due(table(bench), bench.clock.now()) == []


def test_a_new_patient_waits_too_and_is_made_once(bench: Bench, ends: CallEndBookings) -> None:
    ends.keep(new_request())

    (made,) = ends.make("convox", AGENT_ID, CALL_ID)

    assert (made.repeated, made.booking.flow) == (False, "new_patient")
    assert ends.make("convox", AGENT_ID, CALL_ID) == []


def test_two_persons_of_one_call_wait_side_by_side(bench: Bench, ends: CallEndBookings) -> None:
    ends.keep(known_request())
    ends.keep(known_request(patient_id="P-42"))

    assert len(ends.make("convox", AGENT_ID, CALL_ID)) == 2


def test_another_agent_s_callback_makes_nothing(bench: Bench, ends: CallEndBookings) -> None:
    ends.keep(known_request())

    assert ends.make("convox", "agent-13", CALL_ID) == []
    assert len(ends.make("convox", AGENT_ID.upper(), CALL_ID)) == 1


@pytest.mark.parametrize("another", [False, True])
def test_what_waits_is_not_made_beside_the_next_agent_s_booking(
    bench: Bench, ends: CallEndBookings, another: bool
) -> None:
    ends.keep(known_request(), another=another)
    next_agent = known_request().caller.model_copy(update={"agent_id": "agent-13"})
    ends.book_now(known_request(caller=next_agent, start=START + timedelta(hours=2)))

    (made,) = ends.make("convox", AGENT_ID, CALL_ID)

    parked = (State.NEEDS_ATTENTION, Reason.CHANGED_AFTER_BOOKING)
    assert (made.booking.state, made.booking.reason) == ((State.ACCEPTED, None) if another else parked)


def test_a_second_time_is_not_booked_at_once(bench: Bench, ends: CallEndBookings) -> None:
    ends.book_now(known_request())

    with pytest.raises(InvalidRequest, match="another"):
        ends.book_now(known_request(start=START + timedelta(hours=2)))
    ends.book_now(known_request(start=START + timedelta(hours=2)), another=True)

    assert len(bench.stack.items("booking#")) == 2


def test_what_the_ledger_has_already_does_not_wait(bench: Bench, ends: CallEndBookings) -> None:
    booking = bench.accept(known_request())

    kept = ends.keep(known_request())

    assert not isinstance(kept, WaitingBooking)
    assert (kept.booking.booking_id, kept.repeated) == (booking.booking_id, True)
    assert bench.stack.items("desk-wish#") == []


def test_a_start_that_has_passed_leaves_it_to_a_person(bench: Bench, ends: CallEndBookings) -> None:
    ends.keep(known_request())
    bench.clock.advance((START - bench.clock.now()).total_seconds() + 1)

    assert swept(bench, ends) == 0
    assert swept(bench, ends) == 0

    (waiting,) = ends.of("convox", AGENT_ID, CALL_ID)
    assert waiting.problems == ("start",)
    assert bench.counted == ["CallNotBooked"]


def test_what_could_not_be_booked_is_not_kept(bench: Bench, ends: CallEndBookings) -> None:
    with pytest.raises(InvalidRequest):
        ends.keep(known_request(start=bench.clock.now() - timedelta(minutes=1)))

    assert bench.stack.items() == []


def test_a_call_has_only_so_many_that_wait(bench: Bench, ends: CallEndBookings) -> None:
    for number in range(10):
        ends.keep(known_request(patient_id=f"P-{number}"))

    with pytest.raises(InvalidRequest, match="at_call_end"):
        ends.keep(known_request(patient_id="P-99"))
    ends.keep(known_request(patient_id="P-3", start=START + timedelta(hours=1)))


def test_a_queue_that_is_away_leaves_it_for_the_next_sweep(bench: Bench, ends: CallEndBookings) -> None:
    away = BookingQueue(aws.sqs(), bench.stack.queue_url + "-away")
    failing = ends_of(bench, intake=bench.another_intake(queue=away))
    ends.keep(known_request())
    bench.clock.advance(minutes=16)

    with pytest.raises(NotMade):
        swept(bench, failing)
    with pytest.raises(NotStored):
        failing.make("convox", AGENT_ID, CALL_ID)

    assert swept(bench, ends) == 0, "the ledger has it, so it is a repeat; its message is sent"
    assert len(bench.stack.messages()) == 1
    assert bench.stack.items("desk-wish#")[0].get("open") is None


def test_one_that_fails_holds_up_no_other(bench: Bench, ends: CallEndBookings) -> None:
    ends.keep(known_request())
    other = known_request(patient_id="P-42").caller.model_copy(update={"call_id": "CALL-7002"})
    ends.keep(known_request(patient_id="P-42", caller=other))
    aws.dynamodb().update_item(
        TableName=bench.stack.table,
        Key={"pk": {"S": KEY}},
        UpdateExpression="SET schema_version = :later",
        ExpressionAttributeValues={":later": {"N": "2"}},
    )
    bench.clock.advance(minutes=16)

    with pytest.raises(NotMade):
        swept(bench, ends)

    assert len(bench.stack.items("booking#")) == 1
    with pytest.raises(UnreadableRecord):
        ends.make("convox", AGENT_ID, CALL_ID)


def test_what_is_being_made_is_not_replaced(bench: Bench, ends: CallEndBookings) -> None:
    away = BookingQueue(aws.sqs(), bench.stack.queue_url + "-away")
    ends.keep(known_request())
    with pytest.raises(NotStored):
        ends_of(bench, intake=bench.another_intake(queue=away)).make("convox", AGENT_ID, CALL_ID)
    later = known_request(start=START + timedelta(hours=2))

    for refused in (ends.keep, ends.book_now):
        with pytest.raises(InvalidRequest):
            refused(later)
    ends.book_now(known_request())

    assert [each.booking.start for each in ends.make("convox", AGENT_ID, CALL_ID)] == []
    assert len(bench.stack.items("booking#")) == 1
