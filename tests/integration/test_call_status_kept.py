"""`POST /calls/status` that cannot be booked: the answer names what is wrong, and what was said is kept, sealed."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from botocore.exceptions import ClientError

from convox_clinicea import aws
from tests.support import invented
from tests.support.account import document
from tests.support.bookings import CALL_ID, in_days
from tests.support.call_ends import call, kept, known, new
from tests.support.deployment import Deployment
from tests.support.functions import ROOT

HUGE = "9" * 5000
TRACE = {
    *("pk", "caller", "call_id", "agent_id", "received_at", "updated_at", "queued_at", "expires_at", "asks", "wishes"),
    *("problems", "open", "version", "write_token", "schema_version"),
}
"""What the ledger has of a call of which nothing personal is kept."""
ODD: dict[str, tuple[str, dict[str, str] | None]] = {
    "numbers longer than Python writes": (
        f'{{"call_id": "c", "agent_id": "a", "disposition": "appointment", "notes": {HUGE}, "mobile": {HUGE}}}',
        None,
    ),
    "a disposition that is such a number": (f'{{"call_id": "c", "agent_id": "a", "disposition": {HUGE}}}', None),
    "a patient that is one": (
        f'{{"call_id": "c", "agent_id": "a", "disposition": "appointment", "patient_id": {HUGE}}}',
        None,
    ),
    "no numbers": (
        '{"call_id": "c", "agent_id": "a", "disposition": "appointment", "notes": NaN, "start": Infinity}',
        None,
    ),
    "nested deeply": (
        f'{{"call_id": "c", "agent_id": "a", "disposition": "appointment", "notes": {"[" * 190}{"]" * 190}}}',
        None,
    ),
    "half a character in the query": (
        '{"call_id": "c", "agent_id": "a", "disposition": "appointment", "clinic_id": "C-01"}',
        {"notes": "\ud800"},
    ),
}


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"clinic_id": ...}, ["clinic_id"]),
        ({"start": ...}, ["start"]),
        ({"start": in_days(-1).isoformat()}, ["start"]),
        ({"start": "tomorrow"}, ["start"]),
        ({"patient_id": "x" * 65}, ["patient_id"]),
        ({"notes": "x" * 501, "duration_minutes": 3, "clinic_id": "?!"}, ["clinic_id"]),
    ],
    ids=lambda value: ",".join(value),
)
def test_unbookable_appointment_names_its_fields_and_is_kept(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], fields: list[str]
) -> None:
    answer = deployment.call_status(known(**changes))

    answer.is_error(400, "invalid_request", *fields)
    assert sorted(call(deployment).problems) == sorted(fields)
    assert kept(deployment)["service"] == invented.SERVICE
    assert set(kept(deployment)) <= set(known()) | {"duration_minutes"}
    assert deployment.stack.messages() == []
    assert '"CallNotBooked":[1.0]' in capsys.readouterr().out.replace(" ", "")


def comes_twice(zone: ZoneInfo) -> datetime:
    """The next half hour there that comes twice, on the wall clock."""
    tomorrow = in_days(1).replace(hour=1, minute=30, tzinfo=None)
    halves = ((tomorrow + timedelta(days=each)).replace(tzinfo=zone) for each in range(366))
    return next(each for each in halves if each.utcoffset() != each.replace(fold=1).utcoffset())


def test_ambiguous_start_is_asked_for_with_its_offset_and_kept(deployment: Deployment) -> None:
    """It used to be booked as the first of the two."""
    deployment.configure(TIME_ZONE="America/New_York")
    start = comes_twice(ZoneInfo("America/New_York"))

    answer = deployment.call_status(known(start=start.replace(tzinfo=None).isoformat()))

    answer.is_error(400, "invalid_request", "start")
    assert answer.body["fields"][0]["message"].endswith("add the offset, -04:00 or -05:00")
    assert call(deployment).problems == ("start",)
    assert kept(deployment)["start"] == start.replace(tzinfo=None).isoformat()
    assert deployment.call_status(known(start=start.replace(fold=1).isoformat())).status == 202


def test_operator_opens_a_kept_callback_with_kms_as_documented(deployment: Deployment) -> None:
    deployment.call_status(known(clinic_id=...))
    runbook = (ROOT / "docs" / "operations.md").read_text("utf-8")
    (item,) = [each for each in deployment.stack.items() if each["pk"]["S"].startswith("call#")]
    key = item["pk"]["S"]

    opened = aws.kms().decrypt(CiphertextBlob=item["kept"]["B"], EncryptionContext={"item": key})

    assert json.loads(opened["Plaintext"]) == kept(deployment)
    assert key == "call#convox#" + CALL_ID
    assert '--encryption-context "item=$CALL"' in runbook
    assert "CALL='call#convox#<call id>'" in runbook
    with pytest.raises(ClientError):
        aws.kms().decrypt(CiphertextBlob=item["kept"]["B"], EncryptionContext={"item": f"{key}x"})


def test_without_consent_nothing_of_the_caller_is_kept(deployment: Deployment) -> None:
    answer = deployment.call_status(new(consent=...))

    answer.is_error(400, "consent_required")
    assert (call(deployment).problems, call(deployment).kept) == (("consent",), None)


@pytest.mark.parametrize(
    "also",
    [
        {"start": ...},
        {"notes": "x" * 501},
        {"clinic_id": ...},
        {"first_name": ..., "mobile": "12"},
        {"start": "tomorrow", "email": "none"},
        {"consent": "maybe"},
    ],
    ids=lambda also: ",".join(also),
)
@pytest.mark.parametrize("consent", [..., False, "no", {"given": False}], ids=str)
def test_nor_where_something_else_is_wrong_too(deployment: Deployment, also: dict[str, Any], consent: object) -> None:
    answer = deployment.call_status(new(**{"consent": consent, **also}))

    assert answer.status == 400
    assert (call(deployment).kept, call(deployment).number_key, call(deployment).patient_key) == (None, None, None)
    assert call(deployment).problems
    stored = {item["pk"]["S"].partition("#")[0]: set(item) for item in deployment.stack.items()}
    assert stored.pop("announced") == {"pk", "expires_at", "schema_version"}, "the call has ended"
    assert stored.pop("call") <= TRACE
    assert stored == {}


def test_kept_callback_fits_one_encryption_however_long(deployment: Deployment) -> None:
    answer = deployment.call_status(new(clinic_id=..., notes="n" * 40_000, email="é" * 2000))

    assert answer.status == 400
    assert kept(deployment)["mobile"] == invented.MOBILE
    assert len(kept(deployment)["notes"]) == 1000


def test_half_a_character_in_what_is_kept_is_no_fault_of_ours(deployment: Deployment) -> None:
    answer = deployment.call_status(known(start="tomorrow", notes=...), query={"notes": "a\ud800b"})

    answer.is_error(400, "invalid_request", "start")
    assert kept(deployment)["notes"] == "a?b"


def test_the_corrected_callback_books(deployment: Deployment) -> None:
    deployment.call_status(known(clinic_id=...))

    assert deployment.call_status(known()).status == 202
    assert (call(deployment).problems, call(deployment).kept) == ((), None)


def test_without_a_call_it_is_refused_even_if_call_is_optional(deployment: Deployment) -> None:
    deployment.call_status(known(call_id=...)).is_error(400, "invalid_request", "call_id")
    deployment.call_status(known(agent_id=...)).is_error(400, "invalid_request", "agent_id")
    deployment.configure(REQUIRE_CALL_CONTEXT="false")
    deployment.call_status(known(call_id=...)).is_error(400, "invalid_request", "call_id")

    assert deployment.call_status(known(agent_id=...)).status == 202


@pytest.mark.parametrize("name", ODD)
def test_unbookable_callbacks_are_refused_and_never_our_fault(deployment: Deployment, name: str) -> None:
    body, query = ODD[name]

    answer = deployment.call_status(body, query=query)

    assert answer.status in (200, 400), answer.body


@pytest.mark.parametrize("said", ["yesterday", 20310310, ["2031-03-10T10:00:00"], "2031-13-10T10:00:00"], ids=str)
def test_unreadable_event_time_gives_no_order_but_still_books(deployment: Deployment, said: object) -> None:
    assert deployment.call_status(known(recorded_at=said)).status == 202


@pytest.mark.parametrize("said", ["12", {"number": 1}, "99999XXX01"], ids=str)
def test_what_is_kept_under_no_number_is_nobody_s(deployment: Deployment, said: object) -> None:
    answer = deployment.call_status(known(clinic_id=..., mobile=said))

    assert answer.status == 400
    assert (call(deployment).kept is None, call(deployment).number_key) == (False, None)


def test_two_values_for_one_field_leave_the_choice_to_a_person(deployment: Deployment) -> None:
    answer = deployment.call_status(known(), query={"start": in_days(9).isoformat()})

    answer.is_error(400, "invalid_request", "start")
    assert call(deployment).problems == ("start",)
    assert "start" not in kept(deployment)
    assert kept(deployment)["clinic_id"] == "C-01"


def test_new_patient_that_the_dialect_cannot_make_is_kept(deployment: Deployment) -> None:
    deployment.configure(CALL_TABLE=document({"schema": 2, "flows": {"book_new": "modern"}}))

    deployment.call_status(new()).is_error(502, "clinicea_rejected")

    assert deployment.stack.messages() == []
    assert call(deployment).problems == ("new_patient",)
    assert kept(deployment)
