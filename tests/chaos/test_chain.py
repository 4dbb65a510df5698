"""A day of a chain: 20 clinics, 4,000 calls, 800 bookings, on a ledger that 90 days have filled.

At its end every right and every net works: access, erasure, reconciliation, lists.
"""

from __future__ import annotations

from collections import Counter

import pytest

from convox_clinicea.bookings.calls import QUIET_CALL_RETENTION
from convox_clinicea.bookings.person_search import MOST_PAGES
from convox_clinicea.bookings.protocol import State
from convox_clinicea.bookings.reconcile import Finding
from tests.chaos import chain_days, dynamodb
from tests.chaos.chain import WHO, Chain
from tests.chaos.chain_days import EARLIER_PATIENT, Day

MOBILE = chain_days.number(41)
LOST = 3


@pytest.fixture(scope="module")
def chain() -> Chain:
    chain = Chain()
    chain_days.past(chain)
    return chain


@pytest.fixture(scope="module")
def day(chain: Chain) -> Day:
    return chain_days.today(chain)


def test_each_call_of_the_day_comes_to_its_end(chain: Chain, day: Day) -> None:
    assert (len(chain.clinics), len(day.booked), day.quiet) == (20, 800, 3_200)
    assert Counter((each.state, each.reason) for each in day.booked) == {(State.BOOKED, None): 800}


def test_calls_that_asked_for_nothing_do_not_fill_the_ledger(chain: Chain, day: Day) -> None:
    quiet = [
        item for item in chain.stored.items.values() if item["pk"]["S"].startswith("call#") and "wishes" not in item
    ]

    assert QUIET_CALL_RETENTION.days * day.quiet <= len(quiet) <= (QUIET_CALL_RETENTION.days + 1) * day.quiet


@pytest.mark.usefixtures("day")
def test_every_booking_is_listed_once(chain: Chain) -> None:
    stored = [item for item in chain.stored.items.values() if item.get("state") == {"S": "booked"}]

    listed = chain.asked_of_bookings({"action": "list", "states": ["booked"]})

    assert len(listed.parts) > 2
    assert sorted(each["booking_id"] for each in listed.all("bookings")) == sorted(
        item["booking_id"]["S"] for item in stored
    )


@pytest.mark.usefixtures("day")
def test_every_call_without_an_end_is_listed_once(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamodb, "LARGE_PAGE", dynamodb.PAGE)

    found = chain.asked_of_bookings({"action": "calls", "older_than_minutes": 0})

    assert len(found.parts) > 1
    assert len({each["call_id"] for each in found.all("calls")}) == len(found.all("calls")) == 400


def test_nightly_run_finds_exactly_what_the_calendar_has_lost(chain: Chain, day: Day) -> None:
    gone = day.booked[200 : 200 + LOST]
    for each in gone:
        del chain.fake.store.appointments[each.appointment_id or ""]

    reports, found, _ = chain.compared()

    assert {each.booking_id for each in found} == {each.booking_id for each in gone}
    assert {each.finding for each in found} == {Finding.MISSING}
    assert sum(each.compared for each in reports) > 7_000
    assert all(each.unread == () and each.unreadable == 0 for each in reports)


def test_a_person_learns_what_is_held_and_has_it_erased(chain: Chain, day: Day) -> None:
    chain_days.leave_traces(chain, MOBILE)
    (own,) = [each for each in day.booked if each.number_key == chain_days.number_key(MOBILE)]
    earlier = [
        item["booking_id"]["S"]
        for item in chain.stored.items.values()
        if item["pk"]["S"].startswith("booking#") and item.get("patient_id") == {"S": EARLIER_PATIENT}
    ]
    person = {"mobile": MOBILE.reveal(), "patient_id": EARLIER_PATIENT}
    assert earlier

    held = chain.asked_of_data({"action": "holds", **person})
    assert {each["booking_id"] for each in held.all("bookings")} == {own.booking_id, *earlier}
    assert held.all("calls") == ["kept"]
    assert len(held.parts) > 1
    assert max(each["pages"] for each in held.parts) <= MOST_PAGES

    erased = chain.asked_of_data({"action": "erase", **person, **WHO, "open_too": True})
    assert [each["kept"] for each in erased.all("results")] == [None] * (1 + len(earlier))

    left = chain.asked_of_data({"action": "holds", **person})
    assert (left.all("bookings"), left.all("calls")) == ([], [])
