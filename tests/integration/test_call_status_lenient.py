"""`POST /calls/status`: what a booking can do without never refuses it, and the answer says what was left out."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from convox_clinicea.bookings.request import BookingRequest
from tests.support import invented
from tests.support.bookings import AGENT_ID, CALL_ID, in_days, new_body
from tests.support.call_ends import call, content, known, new
from tests.support.deployment import Deployment
from tests.support.functions import Answer

NO_IDS = [
    *("0.0", 0.0, "-1.0", -5, "-0", "{0}", "{00000000-0000-0000-0000-000000000000}", "0" * 32, "(null)", "<null>"),
    *("Null", "none", "nan", "Undefined", "false", "FALSE", "no", "unknown", "Unknown", "new", "New Patient", "[null]"),
]


def booked(deployment: Deployment, answer: Answer, *left_out: str) -> BookingRequest:
    assert (answer.status, answer.body.get("left_out")) == (202, list(left_out)), answer.body
    return content(deployment, answer.body["booking_id"])


@pytest.mark.parametrize(
    "mobile",
    [
        "anonymous",
        "Unknown",
        "0",
        "1001",
        0,
        "-1",
        "N/A",
        "",
        "+266696687",
        [],
        False,
        "Private Caller",
        "UNKNOWN CALLER",
        "sip:anonymous@anonymous.invalid",
        "*67 9999900041",
    ],
)
def test_a_withheld_or_internal_number_is_none(deployment: Deployment, mobile: Any) -> None:
    assert booked(deployment, deployment.call_status(known(MOBILE_NO=mobile))).mobile is None


@pytest.mark.parametrize(
    "mobile", ["99999XXX41", "12345678", "9999900041, 9999900042", "99999\ufffd", {"a": 1}], ids=str
)
def test_unreadable_number_is_dropped_if_the_patient_is_named(
    deployment: Deployment, mobile: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    request = booked(deployment, deployment.call_status(known(MOBILE_NO=mobile)), "mobile")

    assert (request.mobile, request.patient_id) == (None, "P-41")
    assert '"CallFieldsLeftOut":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_two_numbers_are_left_out_beside_a_patient(deployment: Deployment) -> None:
    answer = deployment.call_status(known(MOBILE_NO="9999900041", callernumber="9999900043"))

    assert booked(deployment, answer, "mobile").mobile is None


def test_and_refused_where_the_number_says_who_it_is(deployment: Deployment) -> None:
    answer = deployment.call_status(new(mobile=..., MOBILE_NO="anonymous"))

    answer.is_error(400, "invalid_request", "mobile")
    assert "withheld; ask the caller" in answer.body["fields"][0]["message"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "not an address"),
        ("email", "Jos\ufffd@example.com"),
        ("gender", "unspecified"),
        ("date_of_birth", "31/12"),
        ("date_of_birth", "2999-01-01"),
        ("duration_minutes", "soon"),
        ("duration_minutes", 481),
        ("service", {"a": 1}),
        ("consent_at", "just now"),
    ],
)
def test_a_newcomer_s_optional_field_that_is_junk_is_left_out(deployment: Deployment, field: str, value: Any) -> None:
    named = "consent.at" if field == "consent_at" else field
    body = new(consent=..., consent_given="yes", **{field: value})

    request = booked(deployment, deployment.call_status(body), named)

    assert request.new_patient is not None
    assert request.new_patient.consent is not None
    assert request.new_patient.consent.at is None
    assert named in ("service", "duration_minutes", "consent.at") or getattr(request.new_patient, named) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "NA"),
        ("email", "[object Object]"),
        ("gender", "--Select--"),
        ("gender", "0"),
        ("date_of_birth", "0000-00-00 00:00:00.000"),
        ("date_of_birth", "1900-01-01T00:00:00"),
        ("last_name", "undefined"),
        ("last_name", "&nbsp;"),
        ("duration_minutes", 0),
        ("practitioner_id", "00000000-0000-0000-0000-000000000000"),
        ("practitioner_id", "-- Select Doctor --"),
        ("notes", []),
        ("notes", {}),
        ("service", False),
    ],
)
def test_nothing_otherwise_written_is_nothing(deployment: Deployment, field: str, value: Any) -> None:
    request = booked(deployment, deployment.call_status(new(**{field: value})))

    assert request.duration_minutes == 30
    assert request.new_patient is not None
    holder = request.new_patient if hasattr(request.new_patient, field) else request
    assert field == "duration_minutes" or getattr(holder, field) is None


@pytest.mark.parametrize(
    "patient_id", ["0", 0, "-1", "00000000-0000-0000-0000-000000000000", "undefined", [], {}, False, *NO_IDS]
)
def test_a_patient_id_that_is_none_is_a_newcomer(deployment: Deployment, patient_id: Any) -> None:
    request = booked(deployment, deployment.call_status(new(patient_id=patient_id)))

    assert request.patient_id is None
    assert request.new_patient is not None


def test_notes_that_are_too_long_are_shortened(deployment: Deployment) -> None:
    request = booked(deployment, deployment.call_status(known(notes="n" * 501, service="s" * 400)), "notes", "service")

    assert request.notes is not None
    assert request.service is not None
    assert request.notes.reveal() == "n" * 499 + "…"
    assert request.service.reveal() == "s" * 99 + "…"


def test_what_says_with_whom_is_never_left_out(deployment: Deployment) -> None:
    deployment.call_status(known(practitioner_id="Dr. Nobody")).is_error(400, "invalid_request", "practitioner_id")
    deployment.call_status(new(last_name="x" * 101)).is_error(400, "invalid_request", "last_name")


def test_a_flow_s_own_callers_are_held_to_the_contract(deployment: Deployment) -> None:
    deployment.book_new(new_body(email="not an address")).is_error(400, "invalid_request", "email")
    deployment.book_known("P-41", known(notes="n" * 501)).is_error(400, "invalid_request", "notes")


@pytest.mark.parametrize("field", ["first_name", "last_name"])
def test_a_name_that_was_lost_on_the_way_is_refused_and_kept(deployment: Deployment, field: str) -> None:
    answer = deployment.call_status(new(**{field: "Jos\ufffd"}))

    answer.is_error(400, "invalid_request", field)
    assert answer.body["fields"][0]["message"] == "has an undecodable character; send UTF-8"
    assert call(deployment).problems == (field,)
    deployment.book_new(new_body(**{field: "Jos\ufffd"})).is_error(400, "invalid_request", field)


def test_what_was_lost_in_notes_does_no_harm(deployment: Deployment) -> None:
    request = booked(deployment, deployment.call_status(known(notes="caf\ufffd", remarks="caf\ufffd")))

    assert request.notes is not None
    assert request.notes.reveal() == "caf\ufffd"


@pytest.mark.parametrize("odd", ["caf%E9", "a%0Ab%0B", "%F0%9F%98", "%00", quote("it's \\' <x>")])
def test_a_form_s_byte_that_nobody_reads_books_all_the_same(deployment: Deployment, odd: str) -> None:
    form = "&".join(f"{name}={quote(str(value))}" for name, value in known(service=..., notes=...).items())

    assert deployment.call_status(f"{form}&remarks={odd}").status == 202


def test_a_second_callback_with_the_recording_changes_nothing(deployment: Deployment) -> None:
    first = deployment.call_status(known())
    recording = {"call_id": CALL_ID, "agent_id": AGENT_ID, "RECORDING_FILE_NAME": "https://192.0.2.7/rec/1.wav"}
    before = call(deployment)

    with_nothing = deployment.call_status(recording)
    with_the_disposition = deployment.call_status(recording | {"disposition": "Appointment Booked"})

    assert with_nothing.body["booking_id"] == with_the_disposition.body["booking_id"] == first.body["booking_id"]
    assert (with_the_disposition.status, with_the_disposition.body["repeated"]) == (202, True)
    assert call(deployment) == before
    assert before.asks


def test_a_bare_callback_of_a_call_without_a_booking_is_a_trace(deployment: Deployment) -> None:
    bare = {"call_id": CALL_ID, "agent_id": AGENT_ID, "disposition": "Appointment Booked"}

    assert deployment.call_status(bare).status == 400
    assert "clinic_id" in call(deployment).problems


def test_a_follow_up_alone_books_nothing_and_says_why(deployment: Deployment) -> None:
    answer = deployment.call_status(known(start=..., FOLLOWUP_TIME=f"{in_days(3):%Y-%m-%d %H:%M:%S}"))

    answer.is_error(400, "invalid_request", "start")
    assert "a follow-up time is ConVox's next call" in answer.body["fields"][0]["message"]
    assert invented.leaks(str(answer.body)) == []
