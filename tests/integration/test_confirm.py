"""`POST /patients/{patient_id}/confirm`: does the birth date that the caller told agree?"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import invented
from tests.support.bookings import AGENT_ID, CALL_ID
from tests.support.deployment import Deployment

CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}
ASKED = {"date_of_birth": invented.BIRTH_DATE, **CALL}


@pytest.fixture
def shown(deployment: Deployment) -> Deployment:
    """Both of one number were shown on the call."""
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    deployment.fake.add_patient(**invented.child(patient_id="P-42"))
    assert deployment.search({"mobile": invented.MOBILE, **CALL}).body["match"] == "many"
    return deployment


@pytest.mark.parametrize(("patient_id", "agrees"), [("P-41", True), ("P-42", False)])
def test_it_says_yes_or_no_and_nothing_of_the_record(shown: Deployment, patient_id: str, *, agrees: bool) -> None:
    answer = shown.confirm(patient_id, ASKED)

    assert answer.status == 200
    assert set(answer.body) == {"status", "message", "agrees"}
    assert answer.body["agrees"] is agrees
    assert invented.leaks(str(answer.body)) == []


def test_each_answer_stands_in_the_register(shown: Deployment) -> None:
    for patient_id in ("P-41", "P-42"):
        shown.confirm(patient_id, ASKED)

    route = "POST /patients/{patient_id}/confirm"
    told = [each for each in shown.stack.entries() if each["route"]["S"] == route]
    assert {each["patient_id"]["S"] for each in told} == {"P-41", "P-42"}
    assert {name["S"] for each in told for name in each["fields"]["L"]} == {"date_of_birth.agrees"}


def test_a_patient_who_was_not_shown_on_the_call_is_refused(shown: Deployment) -> None:
    before = len(shown.fake.requests())

    for call in ({"call_id": "CALL-7999"}, {"agent_id": "agent-13"}):
        shown.confirm("P-41", ASKED | call).is_error(403, "forbidden")
    shown.confirm("P-99", ASKED).is_error(403, "forbidden")

    assert len(shown.fake.requests()) == before


def test_of_a_record_without_a_birth_date_it_says_no(deployment: Deployment) -> None:
    deployment.fake.add_patient(first_name=invented.FIRST_NAME, mobile=invented.NATIONAL, patient_id="P-41")
    deployment.search({"mobile": invented.MOBILE, **CALL})

    assert deployment.confirm("P-41", ASKED).body["agrees"] is False


@pytest.mark.parametrize("value", [..., None, "", "23.07.1991x", "1991-02-30", "1899-12-31", 5], ids=str)
def test_what_is_no_birth_date_is_named(shown: Deployment, value: Any) -> None:
    body = {name: each for name, each in (ASKED | {"date_of_birth": value}).items() if each is not ...}

    shown.confirm("P-41", body).is_error(400, "invalid_request", "date_of_birth")


def test_guesses_pass_the_limit_of_look_ups(shown: Deployment) -> None:
    shown.configure(LOOKUPS_PER_AGENT_MINUTE="3")
    guesses = [shown.confirm("P-42", ASKED).status for _ in range(5)]

    assert guesses.count(200) <= 3
    assert guesses[-1] == 429


def test_without_clinicea_nothing_is_said(shown: Deployment) -> None:
    shown.fake.fault("getPatientByID", "status", status=500)

    shown.confirm("P-41", ASKED).is_error(503, "clinicea_unavailable")
