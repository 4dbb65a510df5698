"""Records put back from a backup are older than the truth: nothing is written over, and nothing posted blindly."""

from __future__ import annotations

from typing import Any

from commands.restore import restore
from convox_clinicea import aws
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.states import Reason, State
from tests.support.account import Stack
from tests.support.bench import Bench

POST = "postAppointmentByPatientID"


def backup(bench: Bench) -> Stack:
    """The ledger as it stands now, in a table of its own."""
    copy = Stack.create()
    for item in bench.stack.items():
        aws.dynamodb().put_item(TableName=copy.table, Item=item)
    return copy


def put_back(bench: Bench, copy: Stack, *, go: bool = True) -> dict[str, int]:
    dynamodb: Any = aws.dynamodb()
    return dict(restore(dynamodb, copy.table, bench.stack.table, bench.clock.now(), go=go))


def lose(bench: Bench, *prefixes: str) -> None:
    for item in bench.stack.items():
        if item["pk"]["S"].startswith(prefixes):
            bench.stack.delete(item["pk"]["S"])


def test_a_plan_changes_nothing(bench: Bench) -> None:
    booking = bench.accept()
    copy = backup(bench)
    lose(bench, "booking#")

    assert put_back(bench, copy, go=False) == {"booking: would be put back": 1, "call: stands, left alone": 1}
    assert bench.ledger.get(booking.booking_id) is None


def test_what_was_made_after_the_backup_is_found_and_not_made_again(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept()
    copy = backup(bench)
    assert bench.ends(booking).state is State.BOOKED
    lose(bench, "booking#", "appointment#", "slot#")

    assert put_back(bench, copy) == {"booking: put back": 1, "call: stands, left alone": 1}
    ended = bench.ends(bench.now(booking))

    assert ended.state is State.BOOKED
    assert [each["appointment_id"] for each in bench.fake.standing()] == [ended.appointment_id]
    assert bench.fake.posted() == 1


def test_what_clinicea_may_still_carry_out_is_waited_for(bench: Bench) -> None:
    bench.patient()
    bench.fake.fault(POST, "late_commit", count=1, seconds=100)
    booking = bench.accept()
    copy = backup(bench)
    bench.waits(booking)
    lose(bench, "booking#", "slot#")
    put_back(bench, copy)

    bench.waits(bench.now(booking))
    assert bench.fake.standing() == []
    ended = bench.settles(bench.now(booking))

    assert [each["appointment_id"] for each in bench.fake.standing()] == [ended.appointment_id]


def test_what_was_never_made_is_made_once_it_has_settled(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept()
    copy = backup(bench)
    lose(bench, "booking#")
    put_back(bench, copy)

    assert bench.fake.posted() == 0
    assert bench.settles(bench.now(booking)).state is State.BOOKED
    assert bench.fake.posted() == 1


def test_what_stands_is_left_alone_and_ends_come_back_as_they_were(bench: Bench) -> None:
    bench.patient()
    ended = bench.ends(bench.accept())
    waiting = bench.ledger.move(bench.accept(clinic_id="C-02"), State.NEEDS_ATTENTION, reason=Reason.TOO_LATE)
    copy = backup(bench)
    lose(bench, f"booking#{ended.booking_id}")
    resolved = bench.ledger.move(waiting, State.REJECTED)

    counts = put_back(bench, copy)

    assert (counts["booking: put back"], counts["booking: stands, left alone"]) == (1, 1)
    assert same(bench.now(ended), ended)
    assert same(bench.now(waiting), resolved)


def test_sessions_and_counters_stay_where_they_are(bench: Bench) -> None:
    copy = Stack.create()
    for key in ("session", "pace#1"):
        aws.dynamodb().put_item(TableName=copy.table, Item={"pk": {"S": key}})

    assert put_back(bench, copy) == {}
    assert bench.stack.items() == []


def same(one: Booking, other: Booking) -> bool:
    return (one.state, one.version, one.appointment_id) == (other.state, other.version, other.appointment_id)
