"""How a call's record keeps the callbacks of several agents, and what the status of a call shows of them."""

from __future__ import annotations

import pytest

from convox_clinicea.bookings.call import MOST_LEGS, Call, Leg
from convox_clinicea.bookings.calls import call_from_item, to_item
from convox_clinicea.bookings.record import attributes_of
from convox_clinicea.bookings.status import BookingStatus
from convox_clinicea.items import UnreadableRecord
from tests.support.bench import Bench
from tests.support.bookings import CALL_ID, known_request
from tests.support.callbacks import (
    MUCH_LATER,
    booking_of,
    bookings,
    call,
    cannot_be_booked,
    first,
    second,
    takes,
    third,
)
from tests.support.clock import NOON
from tests.support.legs import WAITS, A, B, by, parked, says


class TestTheRecord:
    def test_leg_of_one_agent_is_readable_by_the_previous_release(self, bench: Bench) -> None:
        says(bench, B)
        says(bench, A, first())
        says(bench, A, second())

        (item,) = bench.stack.items("call#")
        assert item["schema_version"] == {"N": "2"}
        assert not {"legs", "keys_of_legs"} & item.keys()

    def test_of_two_is_read_as_it_was_written(self, bench: Bench) -> None:
        says(bench, A, first(), recorded_at=bench.clock.now())
        cannot_be_booked(bench, caller=by(B))
        says(bench, A, second())

        stored = call(bench)

        (item,) = bench.stack.items("call#")
        assert item["schema_version"] == {"N": "3"}
        assert call_from_item(to_item(stored)) == stored
        assert [each.agent_id for each in stored.legs] == [A, B]

    def test_unknown_parts_of_a_leg_are_left_alone(self, bench: Bench) -> None:
        says(bench, A, first())
        says(bench, B, second())
        (item,) = bench.stack.items("call#")
        item["legs"]["L"][0]["M"]["of_a_later_release"] = {"S": "1"}

        with pytest.raises(UnreadableRecord):
            call_from_item(item)

    def test_of_before_the_change_belongs_to_the_agent_whom_it_names(self, bench: Bench) -> None:
        of_a = booking_of(says(bench, A, first()))
        (item,) = bench.stack.items("call#")
        assert item["agent_id"] == {"S": A}, "as releases before wrote it"

        assert booking_of(says(bench, A, second())).booking_id == of_a.booking_id
        assert parked(booking_of(says(bench, B, third()))) == WAITS

    def test_holds_so_many_agents_and_no_more(self, bench: Bench) -> None:
        for number in range(MOST_LEGS + 5):
            says(bench, f"agent-{number}", known_request(patient_id=f"P-{number}"))

        legs = call(bench).legs
        assert len(legs) == MOST_LEGS + 1
        assert [each.agent_id for each in legs].count(None) == 1
        assert len(bookings(bench)) == MOST_LEGS + 5


class TestWhatAQuestionShows:
    @pytest.fixture
    def status(self, bench: Bench) -> BookingStatus:
        return BookingStatus(bench.ledger, bench.calls, bench.drafter.ids)

    def test_all_agents_or_one(self, bench: Bench, status: BookingStatus) -> None:
        of_a = booking_of(says(bench, A, first()))
        cannot_be_booked(bench, caller=by(B))
        of_b = booking_of(says(bench, "agent-99", known_request(patient_id="P-42")))

        def shown(agent: str | None) -> tuple[list[str], tuple[str, ...]]:
            found = status.of_call(CALL_ID, "convox", agent)
            return [each.booking_id for each in found.bookings], found.not_booked

        assert shown(None) == ([of_a.booking_id, of_b.booking_id], ("clinic_id",))
        assert shown(A) == ([of_a.booking_id], ())
        assert shown(B) == ([], ("clinic_id",))
        assert shown("AGENT-99") == ([of_b.booking_id], ())
        assert shown("agent-0") == ([], ())

    def test_one_that_both_asked_for_is_shown_of_both(self, bench: Bench, status: BookingStatus) -> None:
        shared = booking_of(says(bench, A, first()))
        says(bench, B, first())

        for agent in (A, B):
            assert [each.booking_id for each in status.of_call(CALL_ID, "convox", agent).bookings] == [
                shared.booking_id
            ]

    def test_what_a_flow_function_took_is_its_agent_s(self, bench: Bench, status: BookingStatus) -> None:
        booking = bench.accept(known_request(caller=by(A)))

        assert [each.booking_id for each in status.of_call(CALL_ID, "convox", A).bookings] == [booking.booking_id]
        assert status.of_call(CALL_ID, "convox", B).bookings == []


def test_a_blank_leg_is_no_leg() -> None:
    told = Call("convox", CALL_ID, NOON, NOON).of_agent(A).of_agent(B)

    assert told.legs == (Leg(agent_id=B),)


def test_a_call_of_an_earlier_version_is_read_as_one_persons(bench: Bench) -> None:
    booking = booking_of(takes(bench, second(), recorded_at=bench.clock.now()))
    now = call(bench)
    item = attributes_of(now)
    del item["told"], item["recorded"]
    item["schema_version"] = {"N": "1"}

    earlier = call_from_item(item)

    assert (earlier.told, earlier.recorded, earlier.booking_id) == (now.told, now.recorded, booking.booking_id)
    assert earlier.call_id == CALL_ID
    assert third().start == MUCH_LATER
