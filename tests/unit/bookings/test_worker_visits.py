"""Two bookings of one visit make one appointment: by the ledger's word where Clinicea cannot or does not yet tell."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from convox_clinicea.bookings.protocol import ProtocolTimings, Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import BookingRequest, Caller
from convox_clinicea.bookings.worker import Done
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalDate, PersonalText
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import START, new_request, newcomer

LAG = 20
"""Seconds after which Clinicea shows what it has written."""


def one_appointment(bench: Bench, *bookings: Booking) -> None:
    """All of these bookings stand, and their one appointment and one patient."""
    assert {bench.now(each).state for each in bookings} == {State.BOOKED}
    bench.clock.advance(2 * LAG)
    [standing] = bench.fake.standing()
    assert {bench.now(each).appointment_id for each in bookings} == {standing["appointment_id"]}
    assert len(bench.fake.patients()) == 1


def blind(bench: Bench) -> None:
    bench.worker = bench.another_worker(read_backs=False)


def lagging(bench: Bench) -> None:
    bench.fake.switch(read_lag_seconds=LAG)


SIGHT = [pytest.param(blind, id="read-backs off"), pytest.param(lagging, id="shown late")]
CALLS = [
    pytest.param({"caller": Caller(name="convox", call_id="CALL-7002", agent_id="agent-13")}, id="another call"),
    pytest.param({"service": PersonalText(invented.SERVICE)}, id="the service in other words"),
]


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("changes", CALLS)
def test_visit_wanted_by_two_bookings_is_made_once(bench: Bench, sight: Any, changes: dict[str, Any]) -> None:
    bench.patient()
    bench.clock.advance(2 * LAG)
    sight(bench)
    first, second = bench.accept(), bench.accept(**changes)
    bench.ends(first)

    ended = bench.ends(second)

    assert ended.reason is Reason.ALREADY_THERE
    one_appointment(bench, first, second)


@pytest.mark.parametrize("sight", SIGHT)
def test_a_newcomer_s_visit_that_two_calls_want_is_made_once(bench: Bench, sight: Any) -> None:
    sight(bench)
    first = bench.accept(new_request())
    second = bench.accept(new_request(caller=Caller(name="convox", call_id="CALL-7002", agent_id="agent-13")))
    bench.ends(first)

    ended = bench.ends(second)

    assert ended.reason is Reason.ALREADY_THERE
    one_appointment(bench, first, second)


@pytest.mark.parametrize("waits", [0, 3600])
def test_bare_id_without_read_backs_answers_for_the_visit(bench: Bench, waits: int) -> None:
    """The first booking does not know its patient's id, so that only the number's lock joins the two."""
    bench.fake.switch(created_answer="bare", guid_ids=True)
    blind(bench)
    first = bench.accept(new_request())
    second = bench.accept(new_request(caller=Caller(name="convox", call_id="CALL-7002", agent_id="agent-13")))
    assert bench.ends(first).patient_id is None
    bench.clock.advance(waits)

    ended = bench.ends(second)

    assert ended.reason is Reason.ALREADY_THERE
    one_appointment(bench, first, second)


def test_bare_id_answers_for_no_other_visit(bench: Bench) -> None:
    bench.fake.switch(created_answer="bare", guid_ids=True)
    blind(bench)
    bench.ends(bench.accept(new_request()))
    bench.clock.advance(3600)
    another = new_request(
        caller=Caller(name="convox", call_id="CALL-7002", agent_id="agent-13"), start=START + timedelta(days=1)
    )

    assert bench.ends(bench.accept(another)).reason is None
    assert len(bench.fake.standing()) == 2
    assert len(bench.fake.patients()) == 1


def test_newcomers_second_visit_is_for_the_patient_shown_late(bench: Bench) -> None:
    lagging(bench)
    first = bench.accept(new_request())
    second = bench.accept(new_request(start=START + timedelta(hours=1)))
    bench.ends(first)

    booked = bench.ends(second)

    assert (booked.state, booked.reason) == (State.BOOKED, None)
    assert booked.patient_id == bench.now(first).patient_id
    bench.clock.advance(2 * LAG)
    assert (len(bench.fake.standing()), len(bench.fake.patients())) == (2, 1)


BORN, BORN_OTHERWISE = PersonalDate(date(1988, 4, 17)), PersonalDate(date(1990, 1, 2))


def second_call(**changes: Any) -> BookingRequest:
    """The newcomer of the first call, on another one, for another start."""
    caller = Caller(name="convox", call_id="CALL-7002", agent_id="agent-13")
    return new_request(caller=caller, start=START + timedelta(days=1), new_patient=newcomer(**changes))


@pytest.mark.parametrize("told", [None, BORN])
@pytest.mark.parametrize("passed", [1, ProtocolTimings().settle.total_seconds() + 10])
def test_newcomers_second_call_finds_the_patient_no_search_shows(
    bench: Bench, passed: float, told: PersonalDate | None
) -> None:
    bench.fake.switch(read_lag_seconds=300)
    first = bench.ends(bench.accept(new_request()))
    bench.clock.advance(passed)

    outcome = bench.work(bench.accept(second_call(date_of_birth=told)))

    assert isinstance(outcome, Done), "what the ledger knows is not waited for"
    assert outcome.booking is not None
    assert (outcome.booking.state, outcome.booking.patient_id) == (State.BOOKED, first.patient_id)
    bench.clock.advance(300)
    assert (len(bench.fake.standing()), len(bench.fake.patients())) == (2, 1)


def test_same_if_the_first_slot_was_taken_and_only_patient_made(bench: Bench) -> None:
    visit = {"clinic_id": "C-01", "start": START.isoformat()}
    bench.fake.add_patient(**invented.child(mobile=invented.OTHER_NATIONAL, appointments=[visit]))
    bench.fake.switch(create_patient_then_refuse_slot=True)
    first = bench.ends(bench.accept(new_request()))
    assert (first.state, first.reason) == (State.REJECTED, Reason.SLOT_TAKEN)
    bench.fake.switch(create_patient_then_refuse_slot=False, read_lag_seconds=300)

    assert bench.ends(bench.accept(second_call())).patient_id == first.patient_id
    bench.clock.advance(300)
    assert len([each for each in bench.fake.patients() if each["first_name"] == invented.FIRST_NAME]) == 1


@pytest.mark.parametrize(
    "other", [{"first_name": PersonalText("Anders")}, {"date_of_birth": BORN_OTHERWISE}], ids=["name", "birth date"]
)
def test_somebody_else_on_that_number_is_searched_for_as_before(bench: Bench, other: dict[str, Any]) -> None:
    lagging(bench)
    bench.ends(bench.accept(new_request(new_patient=newcomer(date_of_birth=BORN))))
    second = bench.accept(second_call(**{"date_of_birth": BORN, **other}))

    assert bench.waits(second).cause is None
    parked = bench.ends(second)

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.NUMBER_REGISTERED_TO_OTHER)
    assert len(bench.fake.patients()) == 1


@pytest.mark.parametrize("seconds", [20, 100])
def test_patient_visible_before_appointment_is_not_rebooked(bench: Bench, seconds: int) -> None:
    bench.fake.switch(half_commit_seconds=seconds)
    bench.fake.fault("postAppointment", "timeout_after", count=1)
    newcomers = bench.accept(new_request())
    bench.waits(newcomers)
    [patient] = bench.fake.patients()
    known = bench.accept(patient_id=patient["patient_id"], mobile=Mobile.from_e164(invented.MOBILE))

    assert bench.waits(known).cause is None
    bench.ends(newcomers)
    ended = bench.ends(known)

    assert ended.reason is Reason.ALREADY_THERE
    one_appointment(bench, newcomers, known)


def test_known_patients_visit_does_not_wait_for_a_newcomer(bench: Bench) -> None:
    bench.fake.fault("postAppointment", "timeout_before", count=1)
    bench.waits(bench.accept(new_request()))
    bench.patient()

    other = bench.accept(start=START + timedelta(hours=1), mobile=Mobile.from_e164(invented.MOBILE))

    assert bench.ends(other).state is State.BOOKED


def test_start_cancelled_in_clinicea_can_be_booked_again(bench: Bench) -> None:
    bench.patient()
    first = bench.ends(bench.accept())
    bench.fake.cancel(str(first.appointment_id))

    again = bench.ends(bench.accept(service=PersonalText(invented.SERVICE)))

    assert (again.state, again.reason) == (State.BOOKED, None)
    assert again.appointment_id != first.appointment_id
    assert [each["appointment_id"] for each in bench.fake.standing()] == [again.appointment_id]


def test_start_deleted_by_the_clinic_can_be_booked_when_certain(bench: Bench) -> None:
    bench.patient()
    first = bench.ends(bench.accept())
    bench.fake.cancel(str(first.appointment_id), delete=True)
    bench.clock.advance(ProtocolTimings().settle.total_seconds() + 1)

    again = bench.ends(bench.accept(service=PersonalText(invented.SERVICE)))

    assert (again.state, again.reason) == (State.BOOKED, None)


def test_one_that_the_clinic_moved_stands_for_the_visit(bench: Bench) -> None:
    bench.patient()
    first = bench.ends(bench.accept())
    bench.fake.move(str(first.appointment_id), (START + timedelta(days=2)).isoformat())

    again = bench.ends(bench.accept(service=PersonalText(invented.SERVICE)))

    assert (again.reason, again.appointment_id) == (Reason.ALREADY_THERE, first.appointment_id)
    assert bench.fake.posted() == 1


def test_another_practitioner_at_the_same_start_is_another_visit(bench: Bench) -> None:
    bench.fake.switch(reference_ids=True)
    bench.patient()
    first = bench.ends(bench.accept(practitioner_id="D-01"))

    second = bench.ends(bench.accept(practitioner_id="D-02"))

    assert (second.state, second.reason) == (State.BOOKED, None)
    assert second.appointment_id != first.appointment_id
