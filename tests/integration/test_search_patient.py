"""`POST /patients/search` and `GET /patients`: who is calling?"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from convox_clinicea.lookups.search import age_band
from convox_clinicea.privacy import PersonalDate
from tests.support import invented
from tests.support.bookings import AGENT_ID, CALL_ID
from tests.support.clock import present
from tests.support.deployment import Deployment

CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}
ASKED = {"mobile": invented.MOBILE, **CALL}
VISITS = [{**invented.VISIT, "start": "2024-02-03T10:00:00"}, invented.VISIT]


def test_nobody_has_the_number(deployment: Deployment) -> None:
    answer = deployment.search(ASKED)

    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.body == {
        "status": "success",
        "message": "No patient has this number.",
        "match": "none",
        "patients": [],
    }


def test_one_patient_is_shown_whole(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", file_no="F-41", appointments=VISITS))

    answer = deployment.search(ASKED)

    assert answer.status == 200
    assert answer.body == {
        "status": "success",
        "message": "One patient has this number.",
        "match": "one",
        "patients": [
            {
                "patient_id": "P-41",
                "file_no": "F-41",
                "name": "Zanzibarina Quillfeather",
                "mobile": invented.MOBILE,
                "gender": "Female",
                "date_of_birth": "1991-07-23",
                "age_band": None,
                "email": invented.EMAIL,
                "address": "9 Periwinkle Steps, Bengaluru",
                "last_visit": "2025-03-04",
            }
        ],
    }


def test_what_clinicea_does_not_know_is_null_not_missing(deployment: Deployment) -> None:
    deployment.fake.add_patient(first_name=invented.FIRST_NAME, mobile=invented.NATIONAL, patient_id="P-41")

    (patient,) = deployment.search(ASKED).body["patients"]

    unknown = {"gender", "date_of_birth", "age_band", "email", "address", "last_visit"}
    assert {name for name, value in patient.items() if value is None} == unknown
    assert set(patient) == unknown | {"patient_id", "file_no", "name", "mobile"}


def band(born: str) -> str | None:
    return age_band(PersonalDate(date.fromisoformat(born)), present().date())


def test_of_several_only_what_tells_a_family_apart_is_shown(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", file_no="F-41", appointments=VISITS))
    deployment.fake.add_patient(**invented.child(patient_id="P-42", file_no="F-42"))

    answer = deployment.search(ASKED)

    hidden = {"mobile": None, "date_of_birth": None, "email": None, "address": None, "last_visit": None}
    assert (answer.status, answer.body["match"]) == (200, "many")
    assert answer.body["message"] == "Several patients share this number. Ask who is calling."
    assert answer.body["patients"] == [
        {
            "patient_id": "P-41",
            "file_no": "F-41",
            "name": "Zanzibarina Quillfeather",
            "gender": "Female",
            "age_band": band(invented.BIRTH_DATE),
            **hidden,
        },
        {
            "patient_id": "P-42",
            "file_no": "F-42",
            "name": "Umbrellino Quillfeather",
            "gender": "Male",
            "age_band": band("2019-05-02"),
            **hidden,
        },
    ]


@pytest.mark.parametrize(
    "query",
    [
        {"mobile": "9999900041"},
        {"mobile": "+919999900041"},
        {"mobile": " 919999900041"},
        {"mobile": "919999900041"},
        {"mobile": "09999900041"},
        {"mobile": "99999-00041"},
        {"mobile": "9999900041", "country_code": "91"},
        {"mobile": "9999900041", "country_code": "+91"},
        {"mobile": "9999900041", "country_code": " 91"},
        {"mobile": "9999900041", "country_code": "", "lead_id": "from ConVox"},
    ],
    ids=lambda query: "&".join(query.values()),
)
def test_a_number_is_found_however_convox_writes_it(deployment: Deployment, query: dict[str, str]) -> None:
    deployment.fake.add_patient(**invented.patient())

    by_get = deployment.search_by_get({**query, **CALL})
    by_post = deployment.search({**query, **CALL})

    assert by_get.body == by_post.body
    assert (by_get.status, by_get.body["match"]) == (200, "one")


@pytest.mark.parametrize("call", [{"call_id": 7001, "agent_id": 12}, {"call_id": "  C 1 ", "agent_id": "ågent"}])
def test_call_and_agent_come_as_text_or_numbers(deployment: Deployment, call: dict[str, Any]) -> None:
    assert deployment.search({"mobile": 9999900041, **call}).status == 200


@pytest.mark.parametrize("missing", ["call_id", "agent_id"])
@pytest.mark.parametrize("value", [..., None, "", "  "])
def test_call_and_agent_are_required(deployment: Deployment, missing: str, value: Any) -> None:
    body = {name: given for name, given in (ASKED | {missing: value}).items() if given is not ...}

    deployment.search(body).is_error(400, "invalid_request", missing)
    assert deployment.fake.requests() == []


def test_optional_call_and_agent_may_be_missing(deployment: Deployment) -> None:
    deployment.configure(REQUIRE_CALL_CONTEXT="false")

    assert deployment.search({"mobile": invented.MOBILE}).status == 200


def test_the_search_by_get_can_be_switched_off(deployment: Deployment) -> None:
    deployment.configure(SEARCH_BY_GET="false")

    deployment.search_by_get({k: str(v) for k, v in ASKED.items()}).is_error(405, "method_not_allowed")
    assert deployment.search(ASKED).status == 200
    assert len(deployment.fake.requests()) == 1


def test_national_numbers_belong_to_the_deployments_country(deployment: Deployment) -> None:
    deployment.configure(DEFAULT_COUNTRY="AE")

    deployment.search(ASKED | {"mobile": invented.NATIONAL}).is_error(400, "invalid_request", "mobile")
    assert deployment.search(ASKED).status == 200


def test_patient_whose_record_shows_another_number_is_withheld(deployment: Deployment) -> None:
    record = [{"ID": "P-9", "FullName": "Somebody Else", "Mobile": "9999900077", "MobileCountryCode": "+91"}]
    deployment.fake.fault(
        "searchPatientByMobileNumber", "status", status=200, body=str(record).replace("'", '"'), count=1
    )

    assert deployment.search(ASKED).body["match"] == "none"


@pytest.mark.parametrize("scheme", ["api_key", "staff_session"])
def test_both_ways_into_clinicea_serve(deployment: Deployment, scheme: str) -> None:
    deployment.configure(CLINICEA_AUTHENTICATION=scheme)
    deployment.fake.add_patient(**invented.patient())

    assert deployment.search(ASKED).body["match"] == "one"
    assert deployment.search(ASKED).body["match"] == "one"
