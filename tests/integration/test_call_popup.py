"""`POST /calls/popup`: who is calling and what was done last, in one answer that Clinicea cannot make fail."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import invented
from tests.support.bookings import AGENT_ID, CALL_ID
from tests.support.deployment import Deployment

CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}
ASKED = {"mobile": invented.MOBILE, **CALL}
SEARCH, COMPLETED = "searchPatientByMobileNumber", "getPatientPastCompletedAppointment"
VISITS = [{**invented.VISIT, "start": "2024-02-03T10:00:00"}, invented.VISIT]
FAULTS: list[dict[str, Any]] = [
    {"kind": "status", "status": 401},
    {"kind": "status", "status": 403},
    {"kind": "status", "status": 405},
    {"kind": "status", "status": 429, "headers": {"Retry-After": "60"}},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 200, "body": "not json"},
    {"kind": "html"},
    {"kind": "reset_before"},
    {"kind": "delay", "seconds": 60},
    {"kind": "drip", "seconds": 0.1},
]
ENOUGH_FOR_ONE_TRIP = "3.9"
"""On a busy machine as well, and too little for what hangs."""
EVERY_FAULT = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(map(str, fault.values()))[:24])


def test_of_one_patient_the_visits_are_in_the_same_answer(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", file_no="F-41", appointments=VISITS))

    answer = deployment.popup(ASKED)

    assert answer.status == 200
    assert set(answer.body) == {"status", "message", "match", "patients", "appointments", "degraded"}
    assert answer.body["message"] == "One patient has this number. 2 completed appointments."
    assert (answer.body["match"], answer.body["degraded"]) == ("one", False)
    assert answer.body["patients"] == deployment.search(ASKED).body["patients"]
    assert answer.body["appointments"] == deployment.completed("P-41", CALL).body["appointments"]
    assert [visit["start"][:10] for visit in answer.body["appointments"]] == ["2025-03-04", "2024-02-03"]


def test_a_patient_without_visits_has_an_empty_list(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))

    body = deployment.popup(ASKED).body

    assert (body["match"], body["appointments"], body["degraded"]) == ("one", [], False)


def test_nobody_and_several_have_no_visits_to_show(deployment: Deployment) -> None:
    nobody = deployment.popup(ASKED).body
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", appointments=VISITS))
    deployment.fake.add_patient(**invented.child(patient_id="P-42"))
    several = deployment.popup(ASKED).body

    assert (nobody["match"], nobody["patients"]) == ("none", [])
    assert (nobody["appointments"], nobody["degraded"]) == (None, False)
    assert (several["match"], several["appointments"], several["degraded"]) == ("many", None, False)
    assert [patient["mobile"] for patient in several["patients"]] == [None, None]
    assert deployment.fake.requests(COMPLETED) == []


@EVERY_FAULT
def test_without_the_search_the_answer_is_degraded_and_no_error(deployment: Deployment, fault: dict[str, Any]) -> None:
    # Were the budget not kept, what is slow would succeed after a minute.
    deployment.configure(LOOKUP_BUDGET_SECONDS="0.5")
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    deployment.fake.fault(SEARCH, **fault)

    answer = deployment.popup(ASKED)

    assert answer.status == 200
    assert answer.body == {
        "status": "success",
        "message": "The clinic's system did not answer in time. Ask who is calling, and search again.",
        "match": None,
        "patients": [],
        "appointments": None,
        "degraded": True,
    }


@EVERY_FAULT
def test_without_the_second_trip_the_patient_is_shown(deployment: Deployment, fault: dict[str, Any]) -> None:
    deployment.configure(LOOKUP_BUDGET_SECONDS=ENOUGH_FOR_ONE_TRIP)
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", appointments=VISITS))
    deployment.fake.fault(COMPLETED, **fault)

    answer = deployment.popup(ASKED)

    assert answer.status == 200
    assert (answer.body["match"], answer.body["appointments"], answer.body["degraded"]) == ("one", None, True)
    assert answer.body["patients"][0]["patient_id"] == "P-41"
    assert answer.body["message"].endswith("The clinic's system did not return the last visits in time.")


def test_both_trips_share_one_budget(deployment: Deployment) -> None:
    # Either alone would be in time.
    deployment.configure(LOOKUP_BUDGET_SECONDS=ENOUGH_FOR_ONE_TRIP)
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", appointments=VISITS))
    for call in (SEARCH, COMPLETED):
        deployment.fake.fault(call, "delay", seconds=2)

    body = deployment.popup(ASKED).body

    assert (body["match"], body["appointments"], body["degraded"]) == ("one", None, True)


@pytest.mark.parametrize("mobile", ["XXXXXX0041", "99999*****", "", None, "1234567"], ids=str)
def test_a_masked_or_missing_number_is_the_sender_s_to_correct(deployment: Deployment, mobile: str | None) -> None:
    deployment.popup({**CALL, "mobile": mobile}).is_error(400, "invalid_request", "mobile")

    assert deployment.fake.requests() == []


@pytest.mark.parametrize(
    "mobile",
    [
        "anonymous",
        "Unknown",
        "0",
        0,
        "-1",
        "1001",
        "+266696687",
        "Private Caller",
        "UNKNOWN CALLER",
        "sip:anonymous@anonymous.invalid",
        "*67 9999900041",
    ],
    ids=str,
)
def test_withheld_or_internal_number_is_shown_as_such_no_error(deployment: Deployment, mobile: str | int) -> None:
    answer = deployment.popup({**CALL, "MOBILE_NO": mobile})

    assert answer.status == 200
    assert answer.body == {
        "status": "success",
        "message": "The caller's number is withheld or internal. Ask the caller for a number and search by it.",
        "match": "none",
        "patients": [],
        "appointments": None,
        "degraded": False,
    }
    deployment.search({**CALL, "MOBILE_NO": mobile}).is_error(400, "invalid_request", "mobile")
    assert deployment.fake.requests() == []


def test_a_deployment_that_is_not_set_up_says_so(deployment: Deployment) -> None:
    deployment.configure(CALL_TABLE="s3://nowhere/table.json")

    deployment.popup(ASKED).is_error(500, "internal")
