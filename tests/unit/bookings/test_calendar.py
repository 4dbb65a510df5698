"""What one reading of the patient's calendar shows of the wanted appointment, and whose it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.bookings.calendar import CalendarSnapshot
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.clinicea import Appointment, CreatedAppointment, Status
from convox_clinicea.deadline import Deadline
from tests.support.bench import Bench
from tests.support.bookings import START, accepted, known_request, new_request
from tests.support.calendars import read
from tests.support.properties import PROPERTY


def appointment(**changes: Any) -> Appointment:
    return Appointment(**{"appointment_id": "A-1", "patient_id": "P-41", "start": START, **changes})


def seen(wanted: Any = None, **changes: Any) -> CalendarSnapshot:
    return read(wanted or known_request(), appointment(**changes))


AGREES, IS_ANOTHER = CalendarSnapshot("P-41", ("A-1",), ()), CalendarSnapshot("P-41", (), ("A-1",))
IS_CANCELLED = CalendarSnapshot("P-41", (), ("A-1",), (), ("A-1",))
IS_UNCLEAR = CalendarSnapshot("P-41", (), ("A-1",), ("A-1",))


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, AGREES),
        ({"status": Status.CHECKED_OUT}, AGREES),
        ({"status": Status.STANDING}, AGREES),
        ({"status": Status.MISSING}, AGREES),
        ({"status": Status.UNCLEAR}, IS_UNCLEAR),
        ({"status": Status.NO_SHOW}, IS_UNCLEAR),
        ({"status": Status.UNCLEAR, "start": START + timedelta(hours=1)}, IS_ANOTHER),
        ({"status": Status.UNCLEAR, "patient_id": "P-42"}, IS_ANOTHER),
        ({"patient_id": None}, AGREES),
        ({"status": Status.CANCELLED}, IS_CANCELLED),
        ({"patient_id": "P-42"}, IS_ANOTHER),
        ({"start": None}, IS_ANOTHER),
        ({"start": START + timedelta(seconds=1)}, IS_ANOTHER),
        ({"start": START - timedelta(days=400)}, IS_ANOTHER),
        ({"start": START + timedelta(days=90)}, IS_ANOTHER),
        ({"start": START + timedelta(days=90), "status": Status.CANCELLED}, IS_CANCELLED),
    ],
)
def test_what_an_appointment_is_to_the_wanted_one(changes: dict[str, Any], shown: CalendarSnapshot) -> None:
    assert seen(**changes) == shown


@pytest.mark.parametrize(
    ("theirs", "ours", "shown"),
    [("D-01", "D-01", AGREES), ("D-02", "D-01", IS_ANOTHER), (None, "D-01", AGREES), ("D-02", None, AGREES)],
)
def test_a_practitioner_counts_where_both_are_known(
    theirs: str | None, ours: str | None, shown: CalendarSnapshot
) -> None:
    assert seen(known_request(practitioner_id=ours), practitioner_id=theirs) == shown


@PROPERTY
@given(ids=st.lists(st.sampled_from("abcdef"), unique=True), known=st.sets(st.sampled_from("abcdefgh")))
def test_what_is_new_is_what_the_claim_had_not_seen(ids: list[str], known: set[str]) -> None:
    shown = CalendarSnapshot("P-41", tuple(ids[::2]), tuple(ids[1::2]))

    new = shown.new(accepted(seen=tuple(known)))

    assert set(new.ids) == set(ids) - known
    assert set(new.matching) <= set(shown.matching)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (CalendarSnapshot("P-41", ("A-1",), ("A-2", "A-3")), True),
        (CalendarSnapshot("P-41", ("A-1",), ("A-3", "A-2")), True),
        (CalendarSnapshot("P-41", ("A-1",), ("A-2",)), False),
        (CalendarSnapshot("P-41", ("A-1",), ("A-2", "A-4")), False),
        (CalendarSnapshot(None), False),
    ],
)
def test_readings_with_the_same_ids_of_one_patient_are_the_same(other: CalendarSnapshot, same: bool) -> None:
    assert CalendarSnapshot("P-41", ("A-1",), ("A-2", "A-3")).same_as(other) is same


def reads(bench: Bench, request: Any) -> CalendarSnapshot:
    return bench.calendar.read_again(bench.accept(request), request, Deadline.after(bench.clock, 10))


def test_patient_of_a_new_number_is_searched_before_the_calendar(bench: Bench) -> None:
    assert reads(bench, new_request()) == CalendarSnapshot(None)
    assert bench.fake.requests("getAppointmentsByPatient") == []
    bench.patient(appointments=[{"clinic_id": "C-01", "start": START.isoformat()}])
    (standing,) = bench.fake.standing()

    assert reads(bench, new_request()) == CalendarSnapshot("P-41", (standing["appointment_id"],))


def test_first_unowned_of_several_matching_is_booked(bench: Bench) -> None:
    mine, yours = bench.accept(), bench.accept(clinic_id="C-02")
    bench.ledger.book(yours, "A-1")
    shown = CalendarSnapshot("P-41", ("A-1", "A-2", "A-3"))

    booked = bench.calendar.book_own(replace(mine, seen=("A-2",)), shown)

    assert booked == bench.now(mine)
    assert (booked.appointment_id, booked.state) == ("A-3", State.BOOKED)


def test_where_all_that_agree_are_others_nothing_is_booked(bench: Bench) -> None:
    mine, yours = bench.accept(), bench.accept(clinic_id="C-02")
    bench.ledger.book(yours, "A-1")

    assert bench.calendar.book_own(mine, CalendarSnapshot("P-41", ("A-1",))) is None
    assert bench.now(mine).state is State.ACCEPTED


def test_an_answer_that_names_anothers_appointment_books_nothing(bench: Bench) -> None:
    mine, yours = bench.accept(), bench.accept(clinic_id="C-02")
    bench.ledger.book(yours, "A-1", reason=Reason.ALREADY_THERE)

    named = CreatedAppointment(appointment_id="A-1", patient_id="P-41", shown=True)

    assert bench.calendar.book_created(mine, named) is None


@pytest.mark.parametrize(("owner", "apart"), [(None, True), ("mine", True), ("yours", False)])
def test_new_nearby_appointment_is_ambiguous_unless_owned(bench: Bench, owner: str | None, apart: bool) -> None:
    mine, yours = bench.accept(), bench.accept(clinic_id="C-02")
    if owner:
        bench.ledger.book({"mine": mine, "yours": yours}[owner], "A-1")

    assert bench.calendar.has_ambiguous(mine, CalendarSnapshot("P-41", (), ("A-1",))) is apart
    assert bench.calendar.has_ambiguous(replace(mine, seen=("A-1",)), CalendarSnapshot("P-41", (), ("A-1",))) is False
