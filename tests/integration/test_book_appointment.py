"""`POST /patients/{patient_id}/appointments`: a booking for a known patient."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from convox_clinicea.bookings.record import ID_PATTERN
from tests.support import invented
from tests.support.account import document
from tests.support.bookings import INDIA, in_days, known_body, known_request
from tests.support.clock import VirtualClock
from tests.support.deployment import Deployment
from tests.support.events import HOST


def test_accepted_booking_says_where_its_status_is(deployment: Deployment) -> None:
    answer = deployment.book_known("P-41", known_body())

    booking_id = answer.body["booking_id"]
    assert re.fullmatch(ID_PATTERN, booking_id)
    assert (answer.status, answer.headers["Content-Type"]) == (202, "application/json")
    assert answer.body == {
        "status": "success",
        "message": "The booking is accepted and will be made in Clinicea.",
        "booking_id": booking_id,
        "state": "accepted",
        "repeated": False,
        "changed": False,
    }
    assert answer.headers["Location"] == f"https://{HOST}/v1/bookings/{booking_id}"


@pytest.mark.parametrize(
    ("domain", "base_path", "address"),
    [
        ("api.example.com", "convox", "https://api.example.com/convox/bookings/"),
        ("api.example.com", "a/b", "https://api.example.com/a/b/bookings/"),
        ("api.example.com", "", "https://api.example.com/bookings/"),
    ],
    ids=["base path", "two-part base path", "domain alone"],
)
def test_the_location_is_where_the_caller_reached_us(
    deployment: Deployment, domain: str, base_path: str, address: str
) -> None:
    answer = deployment.book_known("P-41", known_body(), domain=domain, base_path=base_path)

    assert answer.headers["Location"] == address + answer.body["booking_id"]


def test_accepted_booking_is_the_one_that_can_be_read(deployment: Deployment) -> None:
    booking_id = deployment.book_known("P-41", known_body()).body["booking_id"]

    read = deployment.status(booking_id)

    assert read.status == 200
    assert (read.body["booking_id"], read.body["state"], read.body["patient_id"]) == (booking_id, "accepted", "P-41")


def test_the_same_request_again_is_the_same_booking(deployment: Deployment) -> None:
    body = known_body()
    first = deployment.book_known("P-41", body)

    again = deployment.book_known("P-41", body)

    assert again.status == 202
    assert again.headers["Location"] == first.headers["Location"]
    assert again.body == first.body | {"repeated": True}
    assert len(deployment.stack.items("booking#")) == 1
    assert len({message["Body"] for message in deployment.stack.messages()}) == 1


@pytest.mark.parametrize("change", [{"notes": "changed"}, {"duration_minutes": 45}, {"mobile": invented.OTHER_MOBILE}])
def test_same_request_with_other_content_is_the_first_booking(deployment: Deployment, change: dict[str, Any]) -> None:
    body = known_body()
    first = deployment.book_known("P-41", body)

    again = deployment.book_known("P-41", body | change)

    assert (again.status, again.body) == (202, first.body | {"repeated": True, "changed": True})


def test_the_same_start_in_another_offset_is_the_same_request(deployment: Deployment) -> None:
    start = in_days(2)
    first = deployment.book_known("P-41", known_body(start=start.isoformat()))

    again = deployment.book_known("P-41", known_body(start=start.astimezone(UTC).isoformat().replace("+00:00", "Z")))

    assert again.body == first.body | {"repeated": True}


@pytest.mark.parametrize(
    "change",
    [
        {"call_id": "CALL-2"},
        {"clinic_id": "C-02"},
        {"start": in_days(3).isoformat()},
        {"practitioner_id": "D-01"},
        {"service": ...},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_request_for_something_else_is_another_booking(deployment: Deployment, change: dict[str, Any]) -> None:
    first = deployment.book_known("P-41", known_body())
    other = deployment.book_known("P-41", known_body(**change))
    elsewhere = deployment.book_known("P-42", known_body())

    assert len({answer.body["booking_id"] for answer in (first, other, elsewhere)}) == 3
    assert other.body["repeated"] is False


def test_repeat_of_an_ended_booking_answers_200_with_its_state(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    body = known_body()
    first = deployment.book_known("P-41", body)
    deployment.deliver()

    again = deployment.book_known("P-41", body)

    assert again.status == 200
    assert again.headers["Location"] == first.headers["Location"]
    assert again.body == first.body | {
        "message": "The appointment is booked in Clinicea.",
        "state": "booked",
        "repeated": True,
    }


def test_late_repeat_of_a_past_start_gets_the_first_answer(deployment: Deployment) -> None:
    start = in_days(-1)
    then = VirtualClock(datetime.now(UTC) - timedelta(days=3))
    first = deployment.accepted_at(then, known_request(start=start))

    again = deployment.book_known("P-41", known_body(start=start.isoformat(), service=..., notes=...))

    assert (again.status, again.body["booking_id"]) == (202, first.booking_id)
    assert (again.body["repeated"], again.body["changed"]) == (True, False)


def test_a_convox_that_knows_only_200_gets_200(deployment: Deployment) -> None:
    deployment.configure(ACCEPTED_STATUS="200")

    answer = deployment.book_known("P-41", known_body())

    assert (answer.status, answer.body["state"]) == (200, "accepted")
    assert answer.headers["Location"]


def test_a_start_without_offset_is_in_the_clinics_own_zone(deployment: Deployment) -> None:
    zones = {"schema": 1, "clinics": [{"clinic_id": "C-02", "time_zone": "Asia/Dubai"}]}
    deployment.configure(CLINICS=document(zones))
    local = in_days(2).replace(tzinfo=None)

    here = deployment.book_known("P-41", known_body(start=local.isoformat())).body["booking_id"]
    abroad = deployment.book_known("P-41", known_body(start=local.isoformat(), clinic_id="C-02")).body["booking_id"]

    assert deployment.booking(here).start == local.replace(tzinfo=INDIA)
    assert deployment.booking(abroad).start == local.replace(tzinfo=INDIA) + timedelta(hours=1, minutes=30)


@pytest.mark.parametrize(
    "written", ["{:%Y-%m-%dT%H:%M}", "{:%Y-%m-%d %H:%M:%S}", "{:%Y-%m-%dt%H:%M:%S.250}", " {:%Y-%m-%dT%H:%M} "]
)
def test_a_start_may_be_written_in_several_ways(deployment: Deployment, written: str) -> None:
    start = in_days(2)

    booking_id = deployment.book_known("P-41", known_body(start=written.format(start))).body["booking_id"]

    assert deployment.booking(booking_id).start == start


@pytest.mark.parametrize(
    "start",
    [
        timedelta(minutes=-1),
        "2001-02-03T10:00:00",
        timedelta(days=366),
        "2027-02-30T10:00:00",
        "2027-02-20T25:00:00",
        "2027-02-20",
        "10:00",
        "tomorrow",
        "1803348600",
        1803348600,
        "2027-W05-1T10:00",
        "20270220T1000",
        "0000-00-00 00:00:00",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "2027-02-20T10:00:00+99:00",
        "2027-02-20T10:00:00 Asia/Kolkata",
        "\uff12\uff10\uff12\uff17-02-20T10:00",
        ["2027-02-20T10:00", "2027-02-20T11:00"],
        "2027-02-20 10:00-11:00",
        {"date": "2027-02-20"},
        True,
    ],
    ids=str,
)
def test_a_start_that_cannot_be_is_refused_and_nothing_is_stored(deployment: Deployment, start: object) -> None:
    if isinstance(start, timedelta):
        start = (datetime.now(INDIA) + start).isoformat()

    deployment.book_known("P-41", known_body(start=start)).is_error(400, "invalid_request", "start")

    assert deployment.stack.items() == deployment.stack.messages() == []


def test_optional_call_and_agent_may_be_missing(
    deployment: Deployment,
) -> None:
    deployment.configure(REQUIRE_CALL_CONTEXT="false")
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))

    accepted = deployment.book_known("P-41", known_body(call_id=..., agent_id=...))

    assert accepted.status == 202
    assert deployment.deliver().acknowledged
    assert deployment.status(accepted.body["booking_id"]).body["state"] == "booked"


@pytest.mark.parametrize("minutes", [None, "", "30", 30.0, 30])
def test_duration_defaults_to_the_deployments(deployment: Deployment, minutes: object) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    start = in_days(2)

    deployment.book_known("P-41", known_body(start=start.isoformat(), duration_minutes=minutes))
    deployment.deliver()

    (appointment,) = deployment.fake.standing()
    assert datetime.fromisoformat(appointment["end"]) - datetime.fromisoformat(appointment["start"]) == timedelta(
        minutes=30
    )


def test_the_patient_of_the_path_counts_not_one_of_the_body(deployment: Deployment) -> None:
    booking_id = deployment.book_known("P-41", known_body(patient_id="P-42")).body["booking_id"]

    assert deployment.booking(booking_id).patient_id == "P-41"


def test_only_the_form_of_a_patients_id_is_checked_here(deployment: Deployment) -> None:
    answer = deployment.book_known("P-nobody", known_body())

    assert answer.status == 202
    assert deployment.deliver().acknowledged
    ended = deployment.status(answer.body["booking_id"]).body
    assert (ended["state"], ended["reason"]) == ("rejected", "unknown_patient")
