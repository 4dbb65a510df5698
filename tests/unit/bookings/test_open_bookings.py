"""One number has so many open bookings with a client, and no more: calendars are not filled in a person's name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.audit import Person
from convox_clinicea.bookings.callbacks import StatusCallbacks
from convox_clinicea.bookings.drafting import OpenBookings
from convox_clinicea.bookings.intake import Intake
from convox_clinicea.bookings.person_search import Subject
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking, key_of
from convox_clinicea.bookings.request import BookingRequest, Caller
from convox_clinicea.errors import NotStored, TooManyOpenBookings
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalText
from convox_clinicea.table import Item, Table
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import AGENT_ID, START, known_request, new_request, newcomer, status_callback
from tests.support.callbacks import once

LIMIT = 2
MEERA = Mobile.from_e164(invented.MOBILE)


def wanted(number: int, **changes: Any) -> BookingRequest:
    """A newcomer's booking on a call of its own."""
    caller = changes.pop("caller", Caller(name="convox", call_id=f"call-{number}", agent_id=AGENT_ID))
    return new_request(caller=caller, start=START + timedelta(days=number), **changes)


def limited(bench: Bench) -> Intake:
    return bench.another_intake(open_bookings=bench.open_bookings(LIMIT))


def callbacks(bench: Bench, **collaborators: Any) -> StatusCallbacks:
    return bench.another_desk(**{"open_bookings": bench.open_bookings(LIMIT)} | collaborators)


def fill(bench: Bench) -> list[Booking]:
    return [limited(bench).accept(wanted(number)).booking for number in range(LIMIT)]


def persons(bench: Bench) -> list[Item]:
    return [each for each in bench.stack.items() if each["pk"]["S"].startswith("person#")]


def of_a_later_release(bench: Bench, key: str) -> None:
    (item,) = [each for each in bench.stack.items() if each["pk"]["S"] == key]
    aws.dynamodb().put_item(TableName=bench.stack.table, Item={**item, "schema_version": {"N": "99"}})


def test_one_over_the_limit_is_refused_and_stores_nothing(bench: Bench) -> None:
    fill(bench)
    before = bench.stack.items(), bench.stack.entries()

    with pytest.raises(TooManyOpenBookings) as caught:
        limited(bench).accept(wanted(5))

    assert (bench.stack.items(), bench.stack.entries()) == before
    assert len(bench.stack.messages()) == LIMIT
    assert caught.value.retry_after_seconds > 0
    assert not invented.leaks(str(caught.value))


def test_without_a_call_it_is_the_same(bench: Bench) -> None:
    nowhere = Caller(name="convox", call_id=None, agent_id=None)
    for number in range(LIMIT):
        limited(bench).accept(wanted(number, caller=nowhere))

    with pytest.raises(TooManyOpenBookings):
        limited(bench).accept(wanted(5, caller=nowhere))
    assert limited(bench).accept(wanted(0, caller=nowhere)).repeated


def test_a_repeat_is_answered_however_many_there_are(bench: Bench) -> None:
    first, _ = fill(bench)

    again = limited(bench).accept(wanted(0))

    assert (again.booking.booking_id, again.repeated) == (first.booking_id, True)


def test_both_doors_count_together(bench: Bench) -> None:
    callbacks(bench).handle(status_callback(wanted(0), call_id="call-0"))
    limited(bench).accept(wanted(1))

    with pytest.raises(TooManyOpenBookings):
        callbacks(bench).handle(status_callback(wanted(5), call_id="call-5"))
    with pytest.raises(TooManyOpenBookings):
        limited(bench).accept(wanted(6))


def test_one_that_has_ended_makes_room(bench: Bench) -> None:
    first, second = fill(bench)
    bench.ends(first)

    third = limited(bench).accept(wanted(5)).booking

    assert [each["S"] for each in persons(bench)[0]["bookings"]["L"]] == [second.booking_id, third.booking_id]
    with pytest.raises(TooManyOpenBookings):
        limited(bench).accept(wanted(6))


def test_one_that_waits_for_a_person_does_not(bench: Bench) -> None:
    first, _ = fill(bench)
    bench.ledger.move(bench.now(first), State.NEEDS_ATTENTION, reason=Reason.SEVERAL_PATIENTS)

    with pytest.raises(TooManyOpenBookings):
        limited(bench).accept(wanted(5))


def test_nor_does_one_that_a_later_release_has_written(bench: Bench) -> None:
    first, _ = fill(bench)
    of_a_later_release(bench, key_of(first.booking_id))

    with pytest.raises(TooManyOpenBookings):
        limited(bench).accept(wanted(5))


def test_another_number_and_another_client_have_their_own(bench: Bench) -> None:
    fill(bench)
    other = newcomer(mobile=Mobile.from_e164(invented.OTHER_MOBILE))

    assert not limited(bench).accept(wanted(5, new_patient=other)).repeated
    assert (
        not limited(bench).accept(wanted(5, caller=Caller(name="north", call_id="call-5", agent_id=AGENT_ID))).repeated
    )


def test_a_known_patient_without_a_number_counts_by_the_patient(bench: Bench) -> None:
    def known(number: int) -> BookingRequest:
        caller = Caller(name="convox", call_id=f"call-{number}", agent_id=AGENT_ID)
        return known_request(caller=caller, start=START + timedelta(days=number))

    for number in range(LIMIT):
        limited(bench).accept(known(number))

    with pytest.raises(TooManyOpenBookings):
        limited(bench).accept(known(5))


@pytest.mark.parametrize("door", ["flow", "callback"])
def test_two_at_once_do_not_both_take_the_last_place(bench: Bench, door: str) -> None:
    limited(bench).accept(wanted(0))
    meanwhile = once(lambda: limited(bench).accept(wanted(1)))

    class Slow(Table):
        def get(self, key: str) -> Item | None:
            found = super().get(key)
            if key.startswith("person#"):
                meanwhile()
            return found

    slow = OpenBookings(Slow(aws.dynamodb(), bench.stack.table), bench.ledger, bench.clock, LIMIT)
    doors: dict[str, Callable[[], object]] = {
        "flow": lambda: bench.another_intake(open_bookings=slow).accept(wanted(2)),
        "callback": lambda: callbacks(bench, open_bookings=slow).handle(status_callback(wanted(2), call_id="call-2")),
    }

    with pytest.raises(TooManyOpenBookings):
        doors[door]()
    assert len([each for each in bench.stack.items() if each["pk"]["S"].startswith("booking#")]) == LIMIT


class TestACallback:
    """Nobody sends it again, so a refused one is kept."""

    def test_it_is_kept_for_a_person_and_listed(self, bench: Bench) -> None:
        fill(bench)

        with pytest.raises(TooManyOpenBookings):
            callbacks(bench).handle(
                replace(status_callback(wanted(5), call_id="call-5"), said=PersonalText("what was said"))
            )

        call = bench.calls.get("convox", "call-5")
        assert call.problems == ("open_bookings",)
        assert "CallNotBooked" in bench.counted
        (item,) = [each for each in bench.stack.items() if each["pk"]["S"] == "call#convox#call-5"]
        assert item["open"] == {"S": "not_booked"}

    def test_sent_again_it_is_booked_once_there_is_room(self, bench: Bench) -> None:
        first, _ = fill(bench)
        with pytest.raises(TooManyOpenBookings):
            callbacks(bench).handle(status_callback(wanted(5), call_id="call-5"))
        bench.ends(first)

        taken = callbacks(bench).handle(status_callback(wanted(5), call_id="call-5"))

        assert taken.booking is not None
        assert bench.calls.get("convox", "call-5").problems == ()

    def test_a_correction_is_never_refused(self, bench: Bench) -> None:
        for number in range(LIMIT):
            callbacks(bench).handle(status_callback(wanted(number), call_id=f"call-{number}"))
        moved = wanted(9, caller=wanted(0).caller)

        taken = callbacks(bench).handle(status_callback(moved, call_id="call-0"))

        assert taken.booking is not None
        assert (taken.booking.start, taken.booking.generation) == (moved.start, 2)


def test_the_list_holds_ids_and_an_hmac(bench: Bench) -> None:
    first, second = fill(bench)

    (item,) = persons(bench)

    assert item["pk"]["S"] == f"person#convox#{first.number_key}"
    assert [each["S"] for each in item["bookings"]["L"]] == [first.booking_id, second.booking_id]
    assert set(item) == {"pk", "bookings", "expires_at", "schema_version", "write_token"}
    assert invented.leaks(repr(item)) == []


def test_a_list_of_a_later_release_is_left_alone(bench: Bench) -> None:
    fill(bench)
    (item,) = persons(bench)
    of_a_later_release(bench, item["pk"]["S"])

    with pytest.raises(NotStored):
        limited(bench).accept(wanted(5))


def test_without_a_limit_nothing_is_counted(bench: Bench) -> None:
    for number in range(LIMIT + 2):
        bench.intake.accept(wanted(number))

    assert persons(bench) == []


def test_an_erasure_takes_the_list_with_it(bench: Bench) -> None:
    first, _ = fill(bench)
    bench.ends(first)

    bench.holdings.erase(Subject(MEERA), Person("operator", "asked by the person"), open_too=True)

    assert persons(bench) == []
