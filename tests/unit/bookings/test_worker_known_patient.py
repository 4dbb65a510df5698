"""A booking for a known patient, from acceptance to its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.worker import Done
from convox_clinicea.privacy import PersonalText
from convox_clinicea.settings import packed
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import START

POST = "postAppointmentByPatientID"
LOOK = "getAppointmentsByPatient"
KNOWN_REFUSALS = [
    (f"Sorry: {refusal['contains']}.", Reason(refusal["reason"])) for refusal in packed("call_table")["refusals"]
]


def standing(start: object = START.isoformat(), **changes: Any) -> dict[str, Any]:
    return {"clinic_id": "C-01", "start": start, **changes}


def test_an_accepted_booking_is_posted_once_and_booked(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept()

    outcome = bench.work(booking)

    assert isinstance(outcome, Done)
    assert outcome.booking == bench.now(booking)
    (appointment,) = bench.fake.standing()
    booked = bench.now(booking)
    assert (booked.state, booked.reason) == (State.BOOKED, None)
    assert booked.appointment_id == appointment["appointment_id"]
    assert booked.patient_id == appointment["patient_id"] == "P-41"
    assert bench.fake.posted() == 1


def test_the_calendar_shows_what_the_agent_asked_for(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept(duration_minutes=45, practitioner_id="D-01")

    bench.ends(booking)

    (appointment,) = bench.fake.standing()
    assert appointment["start"] == START.isoformat()
    assert appointment["end"] == (START + timedelta(minutes=45)).isoformat()
    assert appointment["practitioner_id"] == "D-01"
    assert booking.booking_id in appointment["notes"]


def test_nothing_is_posted_without_a_look(bench: Bench) -> None:
    bench.patient()

    bench.ends(bench.accept())

    calls = [call for call, _ in bench.transport.sent]
    assert LOOK in calls[: calls.index(POST)]


def test_appointment_from_before_any_post_is_already_there(bench: Bench) -> None:
    bench.patient(appointments=[standing()])
    booking = bench.accept()

    booked = bench.ends(booking)

    assert (booked.state, booked.reason) == (State.BOOKED, Reason.ALREADY_THERE)
    assert booked.appointment_id == bench.fake.standing()[0]["appointment_id"]
    assert bench.fake.posted() == 0


def test_appointment_of_another_booking_is_already_there_too(bench: Bench) -> None:
    bench.patient()
    first = bench.ends(bench.accept())
    second = bench.accept(service=PersonalText(invented.SERVICE))

    booked = bench.ends(second)

    assert booked.booking_id != first.booking_id
    assert (booked.state, booked.reason) == (State.BOOKED, Reason.ALREADY_THERE)
    assert booked.appointment_id == first.appointment_id
    assert bench.fake.posted() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "Cancelled"},
        {"start": (START + timedelta(hours=2)).isoformat()},
        {"start": (START - timedelta(days=9)).isoformat(), "status": "Check Out"},
    ],
    ids=["cancelled", "another time that day", "long ago"],
)
def test_different_appointment_does_not_count_as_this_one(bench: Bench, changes: dict[str, Any]) -> None:
    bench.patient(appointments=[standing(**changes)])

    booked = bench.ends(bench.accept())

    assert (booked.state, booked.reason) == (State.BOOKED, None)
    assert bench.fake.posted() == 1


def test_known_practitioners_tell_two_appointments_apart(bench: Bench) -> None:
    bench.fake.switch(reference_ids=True)
    bench.patient(appointments=[standing(practitioner_id="D-02")])

    booked = bench.ends(bench.accept(practitioner_id="D-01"))

    assert (booked.state, booked.reason) == (State.BOOKED, None)
    assert len(bench.fake.standing()) == 2


def test_another_patients_appointment_at_that_time_is_no_proof(bench: Bench) -> None:
    bench.patient()
    bench.fake.add_patient(
        **invented.child(
            patient_id="P-42", mobile=invented.OTHER_NATIONAL, appointments=[standing(practitioner_id="D-02")]
        )
    )

    booked = bench.ends(bench.accept(practitioner_id="D-01"))

    assert (booked.state, booked.reason, booked.patient_id) == (State.BOOKED, None, "P-41")
    assert bench.fake.posted() == 1


@pytest.mark.parametrize("status", [400, 409])
def test_slot_of_another_patient_rejects_with_that_reason(bench: Bench, status: int) -> None:
    bench.fake.switch(slot_conflict_status=status)
    bench.patient()
    bench.fake.add_patient(**invented.child(mobile=invented.OTHER_NATIONAL, appointments=[standing()]))
    booking = bench.accept()

    rejected = bench.ends(booking)

    assert (rejected.state, rejected.reason) == (State.REJECTED, Reason.SLOT_TAKEN)
    assert (rejected.appointment_id, rejected.request) == (None, None)
    calls = [call for call, _ in bench.transport.sent]
    assert LOOK in calls[calls.index(POST) :], "the refusal is read back before it counts"


@pytest.mark.parametrize(("text", "reason"), KNOWN_REFUSALS)
def test_a_known_refusal_after_which_nothing_stands_rejects(bench: Bench, text: str, reason: Reason) -> None:
    bench.patient()
    bench.fake.fault(POST, "status", status=400, body=text, count=1)

    rejected = bench.ends(bench.accept())

    assert (rejected.state, rejected.reason) == (State.REJECTED, reason)
    assert bench.fake.posted() == 1


@pytest.mark.parametrize("text", ["Get Operation Failed", "Slot is already booked"])
def test_refusal_is_ignored_if_the_appointment_is_booked(bench: Bench, text: str) -> None:
    bench.patient()
    bench.fake.fault(POST, "status", status=400, body=text, after_work=True, count=1)
    booking = bench.accept()

    outcome = bench.work(booking)

    booked = bench.now(booking)
    assert outcome == Done(booked, ended_here=True)
    assert (booked.state, booked.reason) == (State.BOOKED, None)
    assert booked.appointment_id == bench.fake.standing()[0]["appointment_id"]
    assert bench.fake.posted() == 1


def test_refusal_with_a_new_appointment_nearby_is_parked(bench: Bench) -> None:
    bench.fake.switch(shift_zones=330)
    bench.patient()
    bench.fake.fault(POST, "status", status=400, body="Get Operation Failed", after_work=True, count=1)
    booking = bench.accept()

    parked = bench.ends(booking)

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.OUTCOME_UNKNOWN)
    assert parked.request is not None
    assert bench.fake.posted() == 1


def test_refusal_that_cannot_be_read_back_is_unknown(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept()
    bench.fake.fault(POST, "status", status=400, body="Slot is already booked", count=1)
    bench.transport.before[POST] = lambda: bench.fake.fault(LOOK, "html", count=5)

    bench.waits(booking)

    assert bench.now(booking).state is State.UNKNOWN


def test_an_unknown_patient_ends_as_rejected(bench: Bench) -> None:
    rejected = bench.ends(bench.accept(patient_id="P-nobody"))

    assert (rejected.state, rejected.reason) == (State.REJECTED, Reason.UNKNOWN_PATIENT)


def test_a_booking_whose_start_is_upon_us_is_left_to_a_person(bench: Bench) -> None:
    bench.patient()
    booking = bench.accept(start=bench.clock.now() + timedelta(hours=2))
    bench.clock.advance(2 * 3600 - 30)

    parked = bench.ends(booking)

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.TOO_LATE)
    assert bench.fake.posted() == 0


def test_booked_appointment_is_found_after_its_start_has_passed(bench: Bench) -> None:
    soon = bench.clock.now() + timedelta(hours=2)
    bench.patient(appointments=[standing(soon.astimezone(START.tzinfo).isoformat())])
    booking = bench.accept(start=soon)
    bench.clock.advance(3 * 3600)

    booked = bench.ends(booking)

    assert (booked.state, booked.reason) == (State.BOOKED, Reason.ALREADY_THERE)


def test_every_page_of_the_calendar_is_read(bench: Bench) -> None:
    bench.fake.switch(max_page_size=10)
    earlier = [standing((START - timedelta(days=30 + day)).isoformat()) for day in range(23)]
    bench.patient(appointments=[*earlier, standing()])

    booked = bench.ends(bench.accept())

    assert booked.reason is Reason.ALREADY_THERE
    assert bench.fake.posted() == 0
