"""The ledger: one conditional write for each step, and what a failed condition means."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, get_type_hints

import boto3
import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.ledger import AppointmentOwned, Changes, Ledger, Overtaken
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.table import Table, TableUnavailable
from tests.support.bench import Bench
from tests.support.bookings import START

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Repeating:
    """DynamoDB whose first answer to each write is lost, so that the write arrives twice, as the SDK's retry does."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        if name not in ("put_item", "transact_write_items"):
            return call

        def twice(**arguments: Any) -> Any:
            call(**arguments)
            return call(**arguments)

        return twice


@pytest.fixture
def repeating(bench: Bench) -> Ledger:
    client: Any = Repeating(boto3.client("dynamodb"))
    return Ledger(Table(client, bench.stack.table), bench.clock)


def test_a_booking_that_never_was_is_none(bench: Bench) -> None:
    assert bench.ledger.get("bk_none") is None


def test_first_put_stores_a_booking_and_the_second_returns_it(bench: Bench) -> None:
    first = bench.accept()
    second = replace(first, agent_id="agent-99")

    standing = bench.ledger.put_if_absent(second)

    assert standing is not None
    assert standing.agent_id == first.agent_id
    assert bench.now(first).agent_id == first.agent_id


def test_own_first_write_repeated_by_the_sdk_is_still_the_first(bench: Bench, repeating: Ledger) -> None:
    template = bench.accept()
    new = replace(template, booking_id=f"bk_{'c' * 26}")

    assert repeating.put_if_absent(new) is None
    assert bench.ledger.get(new.booking_id) is not None


def test_a_move_is_one_version_further(bench: Bench) -> None:
    booking = bench.accept()
    bench.clock.advance(5)

    moved = bench.ledger.move(booking, State.SENDING, owner="me", lease_until=bench.clock.now())

    assert (moved.version, moved.owner, moved.updated_at) == (2, "me", bench.clock.now())
    assert moved.accepted_at == booking.accepted_at
    assert bench.now(booking) == moved


def test_leaving_sending_frees_the_lease(bench: Bench) -> None:
    claimed = bench.claimed(bench.accept())

    moved = bench.ledger.move(claimed, State.UNKNOWN)

    assert (moved.owner, moved.lease_until) == (None, None)


def test_of_two_moves_from_one_reading_the_second_is_overtaken(bench: Bench) -> None:
    booking = bench.accept()
    first = bench.ledger.move(booking, State.SENDING)

    with pytest.raises(Overtaken):
        bench.ledger.move(booking, State.SENDING)
    with pytest.raises(Overtaken):
        bench.ledger.move(booking, State.NEEDS_ATTENTION)
    assert bench.now(booking) == first


def test_a_booking_that_vanished_is_overtaken_not_made_anew(bench: Bench) -> None:
    booking = bench.accept()
    aws.dynamodb().delete_item(TableName=bench.stack.table, Key={"pk": {"S": f"booking#{booking.booking_id}"}})

    with pytest.raises(Overtaken):
        bench.ledger.move(booking, State.SENDING)
    with pytest.raises(Overtaken):
        bench.ledger.book(booking, "A-1")
    assert bench.stack.items("booking#") == []


def test_our_own_move_repeated_by_the_sdk_has_succeeded(bench: Bench, repeating: Ledger) -> None:
    booking = bench.accept()

    moved = repeating.move(booking, State.SENDING, owner="me")

    assert bench.now(booking) == moved
    assert moved.version == 2


def test_booking_takes_the_appointment_in_the_same_step(bench: Bench) -> None:
    booking = bench.accept()

    booked = bench.ledger.book(booking, "A-7", patient_id="P-41", reason=Reason.ALREADY_THERE)

    assert bench.now(booking) == booked
    assert (booked.appointment_id, booked.patient_id, booked.state) == ("A-7", "P-41", State.BOOKED)
    owned = next(item for item in bench.stack.items() if item["pk"] == {"S": "appointment#A-7"})
    assert owned["booking_id"] == {"S": booking.booking_id}
    assert owned["expires_at"] == {"N": str(int(booked.expires_at.timestamp()))} if booked.expires_at else False


def test_our_own_booking_repeated_by_the_sdk_has_succeeded(bench: Bench, repeating: Ledger) -> None:
    booking = bench.accept()

    booked = repeating.book(booking, "A-7")

    assert bench.now(booking) == booked


def test_an_appointment_belongs_to_one_booking(bench: Bench) -> None:
    mine, yours = bench.accept(), bench.accept(clinic_id="C-02")
    bench.ledger.book(yours, "A-7")

    with pytest.raises(AppointmentOwned):
        bench.ledger.book(mine, "A-7")
    assert bench.now(mine).state is State.ACCEPTED


def test_a_booking_that_was_overtaken_takes_no_appointment(bench: Bench) -> None:
    booking = bench.accept()
    claimed = bench.ledger.move(booking, State.SENDING)

    with pytest.raises(Overtaken):
        bench.ledger.book(booking, "A-7")
    assert bench.now(booking) == claimed
    assert len(bench.stack.items("booking#")) == 1


def test_lost_race_outranks_an_appointment_owned_by_another(bench: Bench) -> None:
    mine, yours = bench.accept(), bench.accept(clinic_id="C-02")
    bench.ledger.book(yours, "A-7")
    bench.ledger.move(mine, State.SENDING)

    with pytest.raises(Overtaken):
        bench.ledger.book(mine, "A-7")


@pytest.mark.parametrize("state", [State.BOOKED, State.REJECTED])
def test_ended_booking_drops_its_request_and_expires(bench: Bench, state: State) -> None:
    ended = bench.ledger.move(bench.claimed(bench.accept()), state)

    assert ended.request is None
    assert ended.expires_at == bench.clock.now() + timedelta(days=30)
    assert "request" not in bench.stack.items()[0]


def test_a_record_outlives_its_appointment(bench: Bench) -> None:
    far = START + timedelta(days=200)

    ended = bench.ledger.book(bench.accept(start=far), "A-7")

    assert ended.expires_at == far + timedelta(days=2)


@pytest.mark.parametrize("road", [[], [State.SENDING], [State.SENDING, State.UNKNOWN], [State.NEEDS_ATTENTION]])
def test_what_has_not_ended_keeps_its_request_and_never_expires(bench: Bench, road: list[State]) -> None:
    booking = bench.accept()
    for state in road:
        booking = bench.ledger.move(booking, state)

    assert booking.request
    assert "expires_at" not in bench.stack.items()[0]


def test_a_table_that_is_not_there_is_said_so_for_every_step(bench: Bench) -> None:
    booking = bench.accept()
    nowhere = Ledger(Table(aws.dynamodb(), "no-such-table"), bench.clock)

    with pytest.raises(TableUnavailable):
        nowhere.get(booking.booking_id)
    with pytest.raises(TableUnavailable):
        nowhere.put_if_absent(booking)
    with pytest.raises(TableUnavailable):
        nowhere.move(booking, State.SENDING)
    with pytest.raises(TableUnavailable, match="ResourceNotFoundException"):
        nowhere.book(booking, "A-7")


def test_what_has_not_ended_is_not_erased(bench: Bench) -> None:
    booking = bench.now(bench.accept())

    with pytest.raises(ValueError, match="has not ended"):
        bench.ledger.erase(booking)
    assert bench.now(booking) == booking


def test_what_may_change_are_the_fields_of_a_booking() -> None:
    of_bookings, changing = get_type_hints(Booking), get_type_hints(Changes)

    assert changing == {name: of_bookings[name] for name in changing}
    assert {"booking_id", "state", "version", "updated_at", "write_token", "erased_at"} & changing.keys() == set()
