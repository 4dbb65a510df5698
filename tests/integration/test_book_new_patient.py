"""`POST /appointments`: a booking for a caller who becomes a patient, with consent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import invented
from tests.support.account import document
from tests.support.bookings import in_days, new_body
from tests.support.deployment import Deployment
from tests.support.events import HOST


def test_a_caller_who_consents_is_accepted(deployment: Deployment) -> None:
    answer = deployment.book_new(new_body())

    assert answer.status == 202
    assert answer.body == {
        "status": "success",
        "message": "The booking is accepted and will be made in Clinicea.",
        "booking_id": answer.body["booking_id"],
        "state": "accepted",
        "repeated": False,
        "changed": False,
    }
    assert answer.headers["Location"] == f"https://{HOST}/v1/bookings/{answer.body['booking_id']}"


def test_patient_and_appointment_stand_in_clinicea_afterwards(deployment: Deployment) -> None:
    accepted = deployment.book_new(new_body())

    assert deployment.deliver().acknowledged

    (patient,) = deployment.fake.patients()
    (appointment,) = deployment.fake.standing()
    booked = deployment.status(accepted.body["booking_id"]).body
    assert (booked["state"], booked["reason"]) == ("booked", None)
    assert booked["patient_id"] == patient["patient_id"] == appointment["patient_id"]
    assert booked["appointment_id"] == appointment["appointment_id"]
    assert (patient["first_name"], patient["last_name"]) == (invented.FIRST_NAME, invented.LAST_NAME)
    assert (patient["country_code"], patient["mobile"]) == ("91", invented.NATIONAL)


@pytest.mark.parametrize(
    "consent",
    [..., None, "", {}, {"given": False}, {"given": "false"}, {"given": "no"}, {"given": 0}, {"given": None}],
    ids=str,
)
def test_without_consent_nothing_is_stored(deployment: Deployment, consent: Any) -> None:
    deployment.book_new(new_body(consent=consent)).is_error(400, "consent_required")

    assert deployment.stack.items() == deployment.stack.messages() == []
    assert deployment.fake.requests() == []


@pytest.mark.parametrize(
    "consent", ["perhaps", 2, 1.0, [], [True], {"given": "perhaps"}, {"given": 2}, {"given": {}}, "on", "t"], ids=str
)
def test_what_cannot_be_read_as_consent_is_none(deployment: Deployment, consent: Any) -> None:
    answer = deployment.book_new(new_body(consent=consent))

    assert answer.status == 400
    assert answer.body["code"] in ("invalid_request", "consent_required")
    assert deployment.stack.items() == deployment.stack.messages() == []


@pytest.mark.parametrize(
    "consent",
    [
        {"given": True},
        {"given": True, "at": "2026-03-01T10:00:00", "text_version": "1"},
        {"given": True, "at": "2026-03-01T10:00:00+05:30", "text_version": 1, "heard_by": "agent-12"},
        {"given": True, "at": None, "text_version": ""},
    ],
    ids=str,
)
def test_consent_may_say_when_and_to_which_text(deployment: Deployment, consent: Any) -> None:
    assert deployment.book_new(new_body(consent=consent)).status == 202


def test_a_moment_of_consent_that_cannot_be_is_refused(deployment: Deployment) -> None:
    consent = {"given": True, "at": "2026-02-30T10:00:00"}

    deployment.book_new(new_body(consent=consent)).is_error(400, "invalid_request", "consent.at")


@pytest.mark.parametrize("field", ["last_name", "gender", "date_of_birth", "email", "service", "notes"])
@pytest.mark.parametrize("value", [..., None, ""])
def test_what_is_not_known_may_be_missing(deployment: Deployment, field: str, value: Any) -> None:
    assert deployment.book_new(new_body(**{field: value})).status == 202


@pytest.mark.parametrize("field", ["mobile", "first_name", "clinic_id", "start", "call_id", "agent_id"])
@pytest.mark.parametrize("value", [..., None, "", " "])
def test_what_must_be_known_may_not(deployment: Deployment, field: str, value: Any) -> None:
    deployment.book_new(new_body(**{field: value})).is_error(400, "invalid_request", field)

    assert deployment.stack.items() == deployment.stack.messages() == []


@pytest.mark.parametrize("gender", ["female", "Female", "F", "f", "MALE", "m", "other"])
def test_a_gender_may_be_written_in_several_ways(deployment: Deployment, gender: str) -> None:
    assert deployment.book_new(new_body(gender=gender)).status == 202


def test_same_request_is_one_booking_however_the_name_is_spelled(deployment: Deployment) -> None:
    body = new_body()
    first = deployment.book_new(body)

    again = deployment.book_new(body | {"first_name": invented.FIRST_NAME.upper(), "last_name": " quillfeather"})

    assert again.body["booking_id"] == first.body["booking_id"]
    assert again.body["repeated"] is True
    assert len({message["Body"] for message in deployment.stack.messages()}) == 1


def test_the_same_person_a_minute_later_is_another_booking(deployment: Deployment) -> None:
    first = deployment.book_new(new_body(start=in_days(2).isoformat()))
    second = deployment.book_new(new_body(start=in_days(2.001).isoformat()))

    assert first.body["booking_id"] != second.body["booking_id"]


def test_number_registered_to_another_person_is_parked(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.child())
    accepted = deployment.book_new(new_body())

    assert deployment.deliver().acknowledged

    parked = deployment.status(accepted.body["booking_id"]).body
    assert parked["message"] == "The booking needs a person's decision; see the reason."
    assert (parked["state"], parked["reason"]) == ("needs_attention", "number_registered_to_other")
    assert (parked["appointment_id"], parked["patient_id"]) == (None, None)
    assert deployment.fake.standing() == []


def test_a_number_that_is_none_is_refused(deployment: Deployment) -> None:
    deployment.book_new(new_body(mobile="12")).is_error(400, "invalid_request", "mobile")


def test_request_too_long_to_be_sealed_is_refused_and_not_stored(deployment: Deployment) -> None:
    four_bytes = "\U0001f9b7"
    names = dict.fromkeys(("first_name", "last_name", "service"), four_bytes * 100)
    references = dict.fromkeys(("call_id", "agent_id"), four_bytes * 128)

    deployment.book_new(new_body(notes=four_bytes * 500, **names, **references)).is_error(
        400, "invalid_request", "notes"
    )
    assert deployment.stack.items() == deployment.stack.messages() == []


MODERN = {"schema": 2, "flows": {"book_new": "modern"}}


def test_dialect_that_makes_no_patients_refuses_up_front(deployment: Deployment) -> None:
    deployment.configure(CALL_TABLE=document(MODERN))

    refused = deployment.book_new(new_body())

    refused.is_error(502, "clinicea_rejected")
    assert refused.body["message"] == (
        "The clinic's system cannot register new patients this way. Nothing was stored: please book by hand."
    )
    assert deployment.stack.items() == deployment.stack.messages() == []
    assert deployment.fake.requests() == []


def test_a_booking_that_was_accepted_before_is_still_known(deployment: Deployment) -> None:
    body = new_body()
    before = deployment.book_new(body).body["booking_id"]
    deployment.configure(CALL_TABLE=document(MODERN))

    again = deployment.book_new(body)

    assert (again.status, again.body["booking_id"], again.body["repeated"]) == (202, before, True)
