"""`GET /bookings/{booking_id}`: how does the booking stand?"""

from __future__ import annotations

import re

import pytest

from convox_clinicea.bookings.protocol import Reason, State
from tests.support import invented
from tests.support.bookings import known_body, new_body
from tests.support.deployment import Deployment

RFC_3339_UTC = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


def test_an_accepted_booking(deployment: Deployment) -> None:
    booking_id = deployment.book_new(new_body()).body["booking_id"]

    answer = deployment.status(booking_id)

    assert answer.status == 200
    assert RFC_3339_UTC.fullmatch(answer.body["accepted_at"])
    assert answer.body == {
        "status": "success",
        "message": "The booking is accepted and will be made in Clinicea.",
        "booking_id": booking_id,
        "state": "accepted",
        "appointment_id": None,
        "patient_id": None,
        "reason": None,
        "accepted_at": answer.body["accepted_at"],
        "updated_at": answer.body["updated_at"],
    }
    assert answer.body["updated_at"] >= answer.body["accepted_at"]


def test_a_booked_one_names_its_appointment(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    booking_id = deployment.book_known("P-41", known_body()).body["booking_id"]
    deployment.deliver()

    body = deployment.status(booking_id).body

    assert body["message"] == "The appointment is booked in Clinicea."
    assert (body["state"], body["reason"], body["patient_id"]) == ("booked", None, "P-41")
    assert body["appointment_id"] == deployment.fake.standing()[0]["appointment_id"]
    assert body["updated_at"] >= body["accepted_at"]


@pytest.mark.parametrize(
    ("road", "message"),
    [
        ([State.SENDING], "The booking is being made in Clinicea."),
        ([State.SENDING, State.UNKNOWN], "The booking was sent; the connector is checking its outcome in Clinicea."),
        ([State.NEEDS_ATTENTION], "The booking needs a person's decision; see the reason."),
        ([State.SENDING, State.REJECTED], "The booking was rejected; see the reason."),
    ],
    ids=lambda value: value[-1].value if isinstance(value, list) else "",
)
def test_every_state_has_a_sentence_for_an_agent(deployment: Deployment, road: list[State], message: str) -> None:
    booking_id = deployment.book_known("P-41", known_body()).body["booking_id"]
    ledger = deployment.ledger()
    booking = deployment.booking(booking_id)
    for state in road:
        booking = ledger.move(booking, state)

    body = deployment.status(booking_id).body

    assert (body["state"], body["message"]) == (road[-1].value, message)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_told_by_its_name(deployment: Deployment, reason: Reason) -> None:
    booking_id = deployment.book_known("P-41", known_body()).body["booking_id"]
    deployment.ledger().move(deployment.booking(booking_id), State.NEEDS_ATTENTION, reason=reason)

    assert deployment.status(booking_id).body["reason"] == reason.value


def test_another_callers_booking_is_not_found(deployment: Deployment) -> None:
    booking_id = deployment.book_known("P-41", known_body()).body["booking_id"]

    deployment.status(booking_id, caller="somebody").is_error(404, "not_found")
    deployment.status(booking_id, caller=None).is_error(401, "unauthorized")


@pytest.mark.parametrize(
    "booking_id",
    [
        "bk_aaaaaaaaaaaaaaaaaaaaaaaaaa",
        "bk_AAAAAAAAAAAAAAAAAAAAAAAAAA",
        "bk_",
        "appointment#A-1",
        "session",
        "..",
        "bk_%00",
        "x" * 4000,
        "\u202e",
        "%2e%2e",
        "bk_aaaaaaaaaaaaaaaaaaaaaaaaaa\n",
        "null",
    ],
)
def test_a_booking_that_never_was_is_not_found(deployment: Deployment, booking_id: str) -> None:
    deployment.status(booking_id).is_error(404, "not_found")


def test_unavailable_ledger_is_an_internal_error_without_details(deployment: Deployment) -> None:
    booking_id = deployment.book_known("P-41", known_body()).body["booking_id"]
    deployment.configure(LEDGER_TABLE="no-such-table")

    deployment.status(booking_id).is_error(500, "internal")
