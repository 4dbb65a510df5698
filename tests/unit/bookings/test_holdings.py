"""What is held on a person, and its erasure: what stays is a tombstone that a repeated request still finds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings import request as consents
from convox_clinicea.bookings.audit import Person
from convox_clinicea.bookings.call import Call
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.person_search import Part, Subject, SubjectSearch
from convox_clinicea.bookings.personal_data import Erasure, NotErasedReason, PersonalData
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.reconcile import Reconciler
from convox_clinicea.bookings.record import Booking, key_of
from convox_clinicea.deadline import Deadline
from convox_clinicea.deployment_documents import Clinics, ClinicsDocument
from convox_clinicea.errors import InvalidRequest
from convox_clinicea.mobile import Mobile
from convox_clinicea.table import Item, Page, Table
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import known_request, new_request

MEERA = Mobile.from_e164(invented.MOBILE)
SOMEBODY_ELSE = Mobile.from_e164(invented.OTHER_MOBILE)
WHO = Person("operator", "asked by the person")


def booked(bench: Bench) -> Booking:
    bench.patient()
    return bench.ends(bench.accept(known_request(mobile=MEERA)))


def erase(holdings: PersonalData, *, open_too: bool = False) -> Erasure:
    (erasure,) = holdings.erase(Subject(MEERA), WHO, open_too=open_too).bookings
    return erasure


def test_both_flows_are_found_by_number(bench: Bench, holdings: PersonalData) -> None:
    known = bench.accept(known_request(mobile=MEERA))
    new = bench.accept(new_request())
    bench.accept(known_request(mobile=SOMEBODY_ELSE, patient_id="P-77"))
    bench.accept(known_request(patient_id="P-78"))

    held = holdings.find(Subject(MEERA))

    assert {each.booking_id for each in held.found.bookings} == {known.booking_id, new.booking_id}
    assert held.consents == 0, "they are counted under the number"
    assert holdings.consents(Subject(MEERA)) == (1, None)
    assert known.number_key == new.number_key


def test_what_is_left_is_a_tombstone(bench: Bench, holdings: PersonalData) -> None:
    before = booked(bench)

    assert erase(holdings).kept is None

    left = bench.now(before)
    assert (left.booking_id, left.state, left.start) == (before.booking_id, State.BOOKED, before.start)
    assert (left.accepted_at, left.caller, left.expires_at) == (before.accepted_at, "convox", before.expires_at)
    assert left.erased_at == bench.clock.now()
    gone: dict[str, Any] = {"request": None, "number_key": None, "patient_id": None, "call_id": None, "agent_id": None}
    assert {name: getattr(left, name) for name in gone} == gone
    assert (left.patient_key, left.fingerprint) == ("", b"")
    assert holdings.find(Subject(MEERA)).found.bookings == []
    assert str(before.number_key) not in repr(bench.stack.items())


def test_a_repeated_request_still_finds_it(bench: Bench, holdings: PersonalData) -> None:
    before = booked(bench)
    erase(holdings)

    again = bench.intake.accept(known_request(mobile=MEERA))

    assert (again.booking.booking_id, again.repeated, again.changed) == (before.booking_id, True, False)
    assert len(bench.fake.standing()) == 1


def test_who_erased_it_stands_beside_it(bench: Bench, holdings: PersonalData) -> None:
    booked(bench)

    erasure = erase(holdings)

    (act,) = bench.ledger.acts_of(erasure.booking)
    assert (act.what, act.who, act.why, act.state_before) == ("erase", WHO.who, WHO.why, "booked")


def test_the_hold_on_the_number_goes_with_it(bench: Bench, holdings: PersonalData) -> None:
    booking = bench.ends(bench.accept(new_request()))
    assert any(item["pk"]["S"] == f"creating#{booking.number_key}" for item in bench.stack.items())

    erase(holdings)

    assert str(booking.number_key) not in repr(bench.stack.items())
    kinds = sorted(each["kind"]["S"] for each in bench.stack.entries())
    assert kinds == ["consent", "erasure"], "the proof of consent stays, and the journal knows of the erasure"


def test_what_is_kept_of_a_call_is_found_and_goes(bench: Bench, holdings: PersonalData) -> None:
    calls, now = Calls(Table(aws.dynamodb(), bench.stack.table), bench.clock), bench.clock.now()
    number_key = bench.drafter.number_key(MEERA)
    calls.write(Call("convox", "CALL-9", now, now, problems=("start",), kept=b"sealed", number_key=number_key))
    assert [each.call_id for each in holdings.find(Subject(MEERA)).found.calls] == ["CALL-9"]

    erased = holdings.erase(Subject(MEERA), WHO, open_too=False)

    assert erased.bookings == []
    assert [(each.call.call_id, each.kept) for each in erased.calls] == [("CALL-9", None)]

    left = calls.get("convox", "CALL-9")
    assert (left.kept, left.number_key, left.problems) == (None, None, ())
    assert holdings.find(Subject(MEERA)).found.calls == []


def test_an_open_booking_is_not_erased_by_mistake(bench: Bench, holdings: PersonalData) -> None:
    booking = bench.accept(known_request(mobile=MEERA))

    assert erase(holdings).kept is NotErasedReason.OPEN

    assert bench.now(booking).state is State.ACCEPTED


def test_where_that_is_wanted_it_is_ended_and_not_made(bench: Bench, holdings: PersonalData) -> None:
    bench.patient()
    booking = bench.accept(known_request(mobile=MEERA))

    assert erase(holdings, open_too=True).kept is None

    left = bench.now(booking)
    assert (left.state, left.reason, left.request) == (State.REJECTED, Reason.CHANGED_AFTER_BOOKING, None)
    assert bench.ends(booking).state is State.REJECTED, "its message does nothing"
    assert bench.fake.standing() == []
    assert bench.stack.notices() == []


def test_what_may_stand_in_clinicea_already_is_kept(bench: Bench, holdings: PersonalData) -> None:
    booking = bench.accept(known_request(mobile=MEERA))
    claimed = bench.claimed(booking)

    assert erase(holdings, open_too=True).kept is NotErasedReason.POSTED

    assert bench.now(booking) == claimed


def test_what_changes_meanwhile_is_kept(bench: Bench, holdings: PersonalData, monkeypatch: pytest.MonkeyPatch) -> None:
    booking = bench.now(bench.accept(known_request(mobile=MEERA)))
    monkeypatch.setattr(SubjectSearch, "part", lambda *_: Part([booking]))
    claimed = bench.claimed(booking)

    assert erase(holdings, open_too=True).kept is NotErasedReason.CHANGED_MEANWHILE

    assert bench.now(booking) == claimed


def test_an_erased_booking_is_not_looked_for_in_the_calendar(bench: Bench, holdings: PersonalData) -> None:
    booked(bench)
    calendar = Reconciler(bench.ledger, bench.clinicea, Clinics(ClinicsDocument(schema=1), "Asia/Kolkata"))

    def compared() -> int:
        return calendar.compare_all(bench.clock.now(), Deadline.after(bench.clock, 60)).compared

    assert compared() == 1
    erase(holdings)
    assert compared() == 0


def test_a_patient_id_finds_bookings_in_every_state(bench: Bench, holdings: PersonalData) -> None:
    bench.patient()
    ended = bench.ends(bench.accept(known_request()))
    waiting = bench.accept(known_request(start=ended.start + timedelta(days=1)))
    bench.accept(known_request(patient_id="P-78"))
    bench.accept(new_request())

    held = holdings.find(Subject(patient_id=str(ended.patient_id)))

    assert {each.booking_id for each in held.found.bookings} == {ended.booking_id, waiting.booking_id}
    assert held.found.after is None


def test_booking_resolved_to_another_patient_is_under_both(bench: Bench, holdings: PersonalData) -> None:
    booking = bench.accept(known_request(patient_id="P-77"))
    moved = bench.ledger.move(
        bench.now(booking), State.NEEDS_ATTENTION, reason=Reason.UNKNOWN_PATIENT, patient_id="P-78"
    )

    for patient_id in ("P-77", "P-78"):
        assert holdings.find(Subject(patient_id=patient_id)).found.bookings == [moved]


GUID = "41a0c5de-0000-4000-8000-00000000ab41"


@pytest.mark.parametrize("asked", [GUID, GUID.upper(), f"{{{GUID}}}"])
@pytest.mark.parametrize("stored", [GUID, GUID.upper()])
def test_a_guid_finds_its_bookings_in_either_letter_case(
    bench: Bench, holdings: PersonalData, stored: str, asked: str
) -> None:
    mine = bench.accept(known_request(patient_id=stored))
    bench.accept(known_request(patient_id=GUID[:-1] + "2"))

    assert holdings.find(Subject(patient_id=asked)).found.bookings == [bench.now(mine)]
    (erased,) = holdings.erase(Subject(patient_id=asked), WHO, open_too=True).bookings
    assert (erased.booking.booking_id, erased.kept) == (mine.booking_id, None)


def test_a_guid_finds_what_is_kept_of_a_call(bench: Bench, holdings: PersonalData) -> None:
    calls, now = Calls(Table(aws.dynamodb(), bench.stack.table), bench.clock), bench.clock.now()
    calls.write(Call("convox", "CALL-9", now, now, kept=b"sealed", patient_key=bench.drafter.patient_key(GUID.upper())))

    assert [each.call_id for each in holdings.find(Subject(patient_id=GUID)).found.calls] == ["CALL-9"]


def test_booking_of_the_previous_release_is_found_by_its_patient(bench: Bench, holdings: PersonalData) -> None:
    booking = bench.accept(known_request(patient_id="P-41"))
    bench.stack.spoil(key_of(booking.booking_id), patient_id="P-77")  # a person has resolved it as another's
    aws.dynamodb().update_item(
        TableName=bench.stack.table,
        Key={"pk": {"S": key_of(booking.booking_id)}},
        UpdateExpression="REMOVE patient_key",
    )

    (erased,) = holdings.erase(Subject(patient_id="P-41"), WHO, open_too=True).bookings

    assert (erased.booking.booking_id, erased.kept) == (booking.booking_id, None)
    (item,) = [each for each in bench.stack.items() if each["pk"]["S"] == key_of(booking.booking_id)]
    assert (item["patient_key"], item["group"]) == ({"S": ""}, {"S": ""})


@pytest.mark.parametrize("other", ["p-41", "P-041", "P41", "P-41.0"])
def test_any_other_id_is_compared_exactly(bench: Bench, holdings: PersonalData, other: str) -> None:
    booking = bench.accept(known_request(patient_id="P-41"))

    assert holdings.erase(Subject(patient_id=other), WHO, open_too=True).bookings == []
    assert bench.now(booking).patient_id == "P-41"


def test_disclosures_under_keys_of_earlier_releases_are_counted(bench: Bench, holdings: PersonalData) -> None:
    for spelling in (GUID, GUID.upper(), GUID[:-1] + "2"):
        entry = {"subject": {"S": f"patient#{spelling}"}, "entry": {"S": "1"}}
        aws.dynamodb().put_item(TableName=bench.stack.disclosures_table, Item=entry)

    counted, after = holdings.disclosures(f"{{{GUID}}}")
    while after is not None:
        more, after = holdings.disclosures(f"{{{GUID}}}", after)
        counted += more

    assert counted == 2


@pytest.mark.parametrize("after", ["1", "7 entry", "x", "²"])
def test_counting_goes_on_only_where_it_may(holdings: PersonalData, after: str) -> None:
    with pytest.raises(InvalidRequest, match="after"):
        holdings.disclosures("P-41", after)


def test_a_search_starts_no_page_when_its_time_is_over(
    bench: Bench, holdings: PersonalData, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Item | None] = []

    def slow(_table: Table, *arguments: Any) -> Page:
        read.append(arguments[-1])
        bench.clock.advance(12)
        return Page([], 0, {"pk": {"S": f"booking#{len(read)}"}})

    monkeypatch.setattr(Table, "scan_page", slow)

    part = holdings.find(Subject(patient_id="P-41"), "booking#0").found

    assert read == [{"pk": {"S": "booking#0"}}, {"pk": {"S": "booking#1"}}]
    assert (part.pages, part.after) == (2, "booking#2")


def test_counting_goes_on_where_it_ended(bench: Bench, holdings: PersonalData, monkeypatch: pytest.MonkeyPatch) -> None:
    register = bench.stack.disclosures_table
    for number in range(9):
        entry = {"subject": {"S": "patient#P-41"}, "entry": {"S": f"{number}"}, "filler": {"S": "x" * 300_000}}
        aws.dynamodb().put_item(TableName=register, Item=entry)
    monkeypatch.setattr(consents, "MOST_PAGES", 1)

    counted, after = holdings.disclosures("P-41")
    assert 0 < counted < 9
    while after is not None:
        more, after = holdings.disclosures("P-41", after)
        counted += more

    assert counted == 9
