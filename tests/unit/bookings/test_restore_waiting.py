"""What a restore brings back of bookings that waited for their call's end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.call_ends import CallEndBookings
from convox_clinicea.bookings.waiting_bookings import RETENTION, WaitingBooking, due
from convox_clinicea.deadline import Deadline
from convox_clinicea.table import Table
from tests.support.account import Stack
from tests.support.bench import Bench
from tests.support.bookings import AGENT_ID, CALL_ID, known_request
from tests.support.restoring import MEERA, backup, erase, journal, lose, put_back

WISHES = "desk-wish#"
KEY = f"{WISHES}convox#{AGENT_ID}#{CALL_ID}"
NEEDS_A_PERSON = {"desk-wish: put back, needs a person": 1}
LEFT_OUT = {"desk-wish: made or erased since, skipped": 1}


@pytest.fixture
def ends(bench: Bench) -> CallEndBookings:
    bench.patient()
    return CallEndBookings(
        table=Table(aws.dynamodb(), bench.stack.table),
        intake=bench.intake,
        sealer=bench.sealer,
        ids=bench.ids,
        clock=bench.clock,
        count=bench.counted.append,
    )


def lost(bench: Bench, copy: Stack) -> dict[str, int]:
    """Lose what waits, and put back what the backup has of it."""
    lose(bench, WISHES)
    counts = put_back(bench, copy, journal=journal(bench))
    return {what: count for what, count in counts.items() if what.startswith("desk-")}


def waiting(ends: CallEndBookings) -> list[WaitingBooking]:
    return ends.of("convox", AGENT_ID, CALL_ID)


def test_what_was_taken_down_waits_for_a_person(bench: Bench, ends: CallEndBookings) -> None:
    ends.keep(known_request(mobile=MEERA))
    copy = backup(bench)

    assert lost(bench, copy) == NEEDS_A_PERSON

    (found,) = waiting(ends)
    assert found.problems == ("restored",)
    keys = due(Table(aws.dynamodb(), bench.stack.table), bench.clock.now() + timedelta(days=1))
    assert ends.make_each(keys, Deadline.after(bench.clock, 60)) == 0
    assert ends.make("convox", AGENT_ID, CALL_ID) == []
    assert bench.stack.items("booking#") == []


def test_the_agent_may_take_it_down_again(bench: Bench, ends: CallEndBookings) -> None:
    ends.keep(known_request(mobile=MEERA))
    lost(bench, backup(bench))

    ends.keep(known_request(mobile=MEERA))

    (made,) = ends.make("convox", AGENT_ID, CALL_ID)
    assert not made.repeated
    assert waiting(ends) == []


def test_what_was_made_since_is_not_put_back(bench: Bench, ends: CallEndBookings) -> None:
    ends.keep(known_request(mobile=MEERA))
    copy = backup(bench)
    ends.make("convox", AGENT_ID, CALL_ID)

    assert lost(bench, copy) == LEFT_OUT
    assert waiting(ends) == []


def test_what_was_erased_since_is_not_put_back(bench: Bench, ends: CallEndBookings) -> None:
    ends.keep(known_request(mobile=MEERA))
    copy = backup(bench)
    erase(bench)

    assert lost(bench, copy) == LEFT_OUT
    assert bench.stack.items(WISHES) == []


def test_what_was_taken_down_again_after_the_erasure_is(bench: Bench, ends: CallEndBookings) -> None:
    ends.keep(known_request(mobile=MEERA))
    erase(bench)
    bench.clock.advance(60)
    ends.keep(known_request(mobile=MEERA))

    assert lost(bench, backup(bench)) == NEEDS_A_PERSON


def test_another_person_s_booking_on_the_call_is_put_back(bench: Bench, ends: CallEndBookings) -> None:
    ends.keep(known_request(mobile=MEERA))
    ends.keep(known_request(patient_id="P-42"), another=True)
    copy = backup(bench)
    erase(bench)

    assert lost(bench, copy) == NEEDS_A_PERSON
    (found,) = waiting(ends)
    (item,) = bench.stack.items(WISHES)
    assert [each["S"] for each in item["persons"]["L"]] == [*found.persons]


def test_a_standing_one_is_left_as_it_is(bench: Bench, ends: CallEndBookings) -> None:
    ends.keep(known_request(mobile=MEERA))
    copy = backup(bench)

    assert put_back(bench, copy, journal=journal(bench)) == {"desk-wish: exists, unchanged": 1}
    assert [each.problems for each in waiting(ends)] == [()]


@pytest.mark.parametrize(
    ("spoilt", "becomes"),
    [
        ({"schema_version": {"N": "9"}}, "desk-wish: of a later release, skipped"),
        ({"expires_at": {"N": "1"}}, "desk-wish: expired, skipped"),
    ],
)
def test_others_are_left_out(bench: Bench, ends: CallEndBookings, spoilt: dict[str, Any], becomes: str) -> None:
    ends.keep(known_request(mobile=MEERA))
    (item,) = bench.stack.items(WISHES)
    copy = Stack.create()
    aws.dynamodb().put_item(TableName=copy.table, Item=item | spoilt)

    assert lost(bench, copy) == {becomes: 1}


@pytest.mark.parametrize("prefix", ["desk-calls#", "desk-draft#", "desk-found#", "desk-session#", "desk-agent#"])
def test_nothing_else_of_the_desk_comes_back(bench: Bench, prefix: str) -> None:
    copy = Stack.create()
    expires = str(int((bench.clock.now() + RETENTION).timestamp()))
    item: Any = {"pk": {"S": f"{prefix}convox#{AGENT_ID}"}, "expires_at": {"N": expires}}
    aws.dynamodb().put_item(TableName=copy.table, Item=item)

    assert put_back(bench, copy) == {}
