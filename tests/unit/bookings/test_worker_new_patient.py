"""A booking for a caller without a record: who is created, who is found, and who must not be booked for."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import pytest

from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import key_of
from convox_clinicea.privacy import PersonalDate, PersonalText
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import START, new_request, newcomer

CREATE = "postAppointment"
POST = "postAppointmentByPatientID"


def named(first: str, last: str | None = None, born: str | None = None) -> Any:
    return new_request(
        new_patient=newcomer(
            first_name=PersonalText(first),
            last_name=PersonalText(last) if last else None,
            date_of_birth=PersonalDate(date.fromisoformat(born)) if born else None,
        )
    )


def register(bench: Bench) -> None:
    bench.fake.add_patient(**invented.child())


def test_unknown_number_makes_patient_and_appointment_together(bench: Bench) -> None:
    booked = bench.ends(bench.accept(new_request()))

    (patient,) = bench.fake.patients()
    (appointment,) = bench.fake.standing()
    assert (booked.state, booked.reason) == (State.BOOKED, None)
    assert booked.appointment_id == appointment["appointment_id"]
    assert booked.patient_id == patient["patient_id"] == appointment["patient_id"]
    assert [call for call, _ in bench.transport.sent].count(CREATE) == 1


def test_clinicea_learns_what_the_caller_told(bench: Bench) -> None:
    details = newcomer(
        gender="female",
        date_of_birth=PersonalDate(date.fromisoformat(invented.BIRTH_DATE)),
        email=PersonalText(invented.EMAIL),
    )

    bench.ends(bench.accept(new_request(new_patient=details)))

    (patient,) = bench.fake.patients()
    assert patient["first_name"] == invented.FIRST_NAME
    assert patient["last_name"] == invented.LAST_NAME
    assert (patient["country_code"], patient["mobile"]) == ("91", invented.NATIONAL)
    assert patient["date_of_birth"] == invented.BIRTH_DATE
    assert patient["email"] == invented.EMAIL


def test_the_patient_who_was_registered_meanwhile_is_booked_for(bench: Bench) -> None:
    bench.patient()

    booked = bench.ends(bench.accept(new_request()))

    assert (booked.state, booked.patient_id) == (State.BOOKED, "P-41")
    assert len(bench.fake.patients()) == 1
    assert CREATE not in [call for call, _ in bench.transport.sent]


@pytest.mark.parametrize(
    ("first", "last", "born"),
    [
        ("ZANZIBARINA", "  quillfeather ", None),
        ("Quillfeather Zanzibarina", None, None),
        (invented.FIRST_NAME, invented.LAST_NAME, invented.BIRTH_DATE),
    ],
    ids=["other spelling", "order of names", "same birth date"],
)
def test_a_name_that_agrees_is_the_same_person(bench: Bench, first: str, last: str | None, born: str | None) -> None:
    bench.patient()

    booked = bench.ends(bench.accept(named(first, last, born)))

    assert (booked.state, booked.patient_id) == (State.BOOKED, "P-41")


@pytest.mark.parametrize(
    ("first", "last", "born"),
    [
        (invented.CHILD_NAME, invented.LAST_NAME, None),
        (invented.FIRST_NAME, None, None),
        (invented.FIRST_NAME, invented.LAST_NAME, "1991-07-24"),
    ],
    ids=["other first name", "no last name", "other birth date"],
)
def test_number_registered_to_another_person_is_parked(
    bench: Bench, first: str, last: str | None, born: str | None
) -> None:
    bench.patient()

    parked = bench.ends(bench.accept(named(first, last, born)))

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.NUMBER_REGISTERED_TO_OTHER)
    assert parked.patient_id is None
    assert bench.fake.posted() == 0


def test_several_patients_on_one_number_are_left_to_a_person(bench: Bench) -> None:
    bench.patient()
    bench.fake.add_patient(**invented.child())

    parked = bench.ends(bench.accept(new_request()))

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.SEVERAL_PATIENTS)
    assert bench.fake.posted() == 0


def test_parked_booking_keeps_the_request_sealed(bench: Bench) -> None:
    bench.patient()
    bench.fake.add_patient(**invented.child())

    parked = bench.ends(bench.accept(new_request()))

    assert parked.request is not None
    assert parked.expires_at is None
    assert bench.sealer.open(key_of(parked.booking_id), parked.request)


def test_patient_created_before_a_refusal_is_then_a_known_one(bench: Bench) -> None:
    bench.fake.switch(create_patient_then_refuse_slot=True)

    booked = bench.ends(bench.accept(new_request()))

    (patient,) = bench.fake.patients()
    (appointment,) = bench.fake.standing()
    assert (booked.state, booked.patient_id) == (State.BOOKED, patient["patient_id"])
    assert booked.appointment_id == appointment["appointment_id"]
    calls = [call for call, _ in bench.transport.sent]
    assert (calls.count(CREATE), calls.count(POST)) == (1, 1)


def test_patient_created_although_the_slot_is_taken_is_named(bench: Bench) -> None:
    bench.fake.switch(create_patient_then_refuse_slot=True)
    bench.fake.add_patient(
        **invented.child(
            mobile=invented.OTHER_NATIONAL, appointments=[{"clinic_id": "C-01", "start": START.isoformat()}]
        )
    )

    rejected = bench.ends(bench.accept(new_request()))

    (made,) = [each for each in bench.fake.patients() if each["first_name"] == invented.FIRST_NAME]
    assert (rejected.state, rejected.reason) == (State.REJECTED, Reason.SLOT_TAKEN)
    assert rejected.patient_id == made["patient_id"]
    assert len(bench.fake.standing()) == 1


def test_lost_answer_leads_to_the_patient_and_appointment_made(bench: Bench) -> None:
    bench.fake.fault(CREATE, "timeout_after", count=1)
    booking = bench.accept(new_request())

    bench.waits(booking)
    assert bench.now(booking).state is State.UNKNOWN
    bench.clock.advance(60)
    booked = bench.ends(booking)

    (patient,) = bench.fake.patients()
    assert (booked.state, booked.patient_id) == (State.BOOKED, patient["patient_id"])
    assert bench.fake.posted() == 1


def test_lost_request_is_posted_again_once_absence_is_certain(bench: Bench) -> None:
    bench.fake.fault(CREATE, "timeout_before", count=1)
    booking = bench.accept(new_request())
    bench.waits(booking)
    assert bench.fake.patients() == []

    booked = bench.ends(booking)

    (patient,) = bench.fake.patients()
    assert (booked.state, booked.patient_id) == (State.BOOKED, patient["patient_id"])
    assert (bench.fake.posted(), len(bench.fake.standing())) == (2, 1)


def test_patient_made_without_the_appointment_gets_it_later(bench: Bench) -> None:
    bench.fake.switch(create_patient_then_refuse_slot=True)
    bench.fake.fault(CREATE, "timeout_after", count=1)

    booked = bench.ends(bench.accept(new_request()))

    (patient,) = bench.fake.patients()
    assert (booked.state, booked.patient_id) == (State.BOOKED, patient["patient_id"])
    assert len(bench.fake.standing()) == 1


def test_refusal_after_the_number_became_anothers_is_parked(bench: Bench) -> None:
    booking = bench.accept(new_request())
    bench.fake.fault(CREATE, "status", status=400, body="Get Operation Failed", count=1)
    bench.transport.before[CREATE] = partial(register, bench)

    parked = bench.ends(booking)

    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.NUMBER_REGISTERED_TO_OTHER)


def test_two_children_of_one_caller_at_one_time_are_two_bookings(bench: Bench) -> None:
    first = bench.accept(named("Umbrellino", "Quillfeather", "2019-05-02"))
    second = bench.accept(named("Parasolina", "Quillfeather", "2021-06-03"))

    booked = bench.ends(first)
    parked = bench.ends(second)

    assert first.booking_id != second.booking_id
    assert booked.state is State.BOOKED
    assert (parked.state, parked.reason) == (State.NEEDS_ATTENTION, Reason.NUMBER_REGISTERED_TO_OTHER)


def test_newcomers_appointment_made_by_hand_is_already_there(bench: Bench) -> None:
    bench.patient(appointments=[{"clinic_id": "C-01", "start": START.isoformat()}])

    booked = bench.ends(bench.accept(new_request()))

    assert (booked.state, booked.reason, booked.patient_id) == (State.BOOKED, Reason.ALREADY_THERE, "P-41")
    assert POST not in [call for call, _ in bench.transport.sent]
