"""No look-up hands out a patient's data that does not stand on record."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.support import events, invented
from tests.support.bookings import AGENT_ID, CALL_ID
from tests.support.deployment import Deployment
from tests.support.functions import Answer

CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}
ASKED = {"mobile": invented.MOBILE, **CALL}
VISIT = {"clinic_id": "C-01", "start": "2024-02-03T10:00:00", "status": "Check Out", "service": invented.SERVICE}
LOOK_UPS = ["search", "search_by_get", "popup", "popup_by_get", "completed"]
ROUTES = {
    "search": "POST /patients/search",
    "search_by_get": "GET /patients",
    "popup": "POST /calls/popup",
    "popup_by_get": "GET /calls/popup",
    "completed": "GET /patients/{patient_id}/appointments/completed",
}


def look_up(deployment: Deployment, kind: str) -> Answer:
    match kind:
        case "search":
            return deployment.search(ASKED)
        case "search_by_get":
            return deployment.search_by_get(ASKED)
        case "popup":
            return deployment.popup(ASKED)
        case "popup_by_get":
            return deployment.popup_by_get(ASKED)
        case _:
            return deployment.completed("P-41", CALL)


def entries(deployment: Deployment) -> list[dict[str, Any]]:
    return [{name: next(iter(value.values())) for name, value in entry.items()} for entry in deployment.stack.entries()]


@pytest.fixture
def meera(deployment: Deployment) -> Deployment:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", appointments=[VISIT]))
    return deployment


@pytest.mark.parametrize("kind", LOOK_UPS)
def test_what_was_handed_out_stands_on_record(meera: Deployment, kind: str) -> None:
    assert look_up(meera, kind).status == 200

    (entry,) = entries(meera)
    assert (entry["patient_id"], entry["caller"], entry["agent_id"]) == ("P-41", "convox", AGENT_ID)
    assert (entry["call_id"], entry["route"]) == (CALL_ID, ROUTES[kind])
    assert invented.leaks(json.dumps(entry, default=str)) == []


def test_the_fields_are_those_that_the_answer_shows(meera: Deployment) -> None:
    answer = meera.search(ASKED)

    (entry,) = entries(meera)
    (patient,) = answer.body["patients"]
    shown = {name for name, value in patient.items() if value is not None} - {"patient_id"}
    assert {each["S"] for each in entry["fields"]} == shown


def test_of_the_pop_up_patient_and_visits_are_one_entry(meera: Deployment) -> None:
    meera.popup(ASKED)

    (entry,) = entries(meera)
    assert {"name", "appointments.start"} <= {each["S"] for each in entry["fields"]}


def test_a_shared_number_discloses_each_of_the_family(meera: Deployment) -> None:
    meera.fake.add_patient(**invented.child(patient_id="P-42"))

    assert meera.search(ASKED).body["match"] == "many"

    assert {entry["patient_id"] for entry in entries(meera)} == {"P-41", "P-42"}
    assert all({"S": "mobile"} not in entry["fields"] for entry in entries(meera)), "it is not shown of several"


def test_nobody_found_discloses_nobody_and_is_counted(deployment: Deployment) -> None:
    """A thief who asks for many numbers leaves a trace that lives as long as the register."""
    for _ in range(2):
        assert deployment.search(ASKED).body["match"] == "none"
    assert deployment.popup(ASKED).body["match"] == "none"

    (tally,) = entries(deployment)
    assert (tally["kind"], tally["caller"], tally["source_ip"], tally["count"]) == (
        "misses",
        "convox",
        "203.0.113.7",
        "3",
    )
    assert tally["entry"].startswith(tally["at"][:13])
    assert int(tally["expires_at"]) > time.time() + 364 * 86400


def test_what_found_nobody_for_another_reason_is_not_counted(deployment: Deployment) -> None:
    deployment.popup(ASKED | {"mobile": "anonymous"})
    deployment.fake.fault("searchPatientByMobileNumber", "status", status=500)
    deployment.popup(ASKED)

    assert entries(deployment) == []


@pytest.mark.parametrize("kind", LOOK_UPS)
def test_an_entry_names_the_request_and_where_it_came_from(meera: Deployment, kind: str) -> None:
    """Of a leaked token the thief's look-ups are told from the call centre's by their address."""
    look_up(meera, kind)

    (entry,) = entries(meera)
    assert (entry["request_id"], entry["source_ip"]) == (events.REQUEST_ID, "203.0.113.7")


def test_a_tally_that_fails_holds_nothing_up(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    deployment.stack.without_register()

    assert deployment.search(ASKED).status == 200

    assert '"DisclosureNotRecorded":[1.0]' in capsys.readouterr().out


def test_an_answer_that_failed_discloses_nothing(meera: Deployment) -> None:
    meera.fake.fault("searchPatientByMobileNumber", "status", status=500)

    meera.search(ASKED).is_error(503, "clinicea_unavailable")

    assert entries(meera) == []


@pytest.mark.parametrize("kind", LOOK_UPS)
def test_without_a_record_nothing_is_shown(meera: Deployment, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    meera.stack.without_register()

    answer = look_up(meera, kind)

    answer.is_error(503, "not_stored")
    assert invented.leaks(json.dumps(answer.body)) == []
    assert '"DisclosureNotRecorded":[1.0]' in capsys.readouterr().out


@pytest.mark.parametrize("kind", LOOK_UPS)
def test_a_deployment_may_choose_to_answer_all_the_same(
    meera: Deployment, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    meera.configure(DISCLOSURE_FAILURE="open")
    meera.stack.without_register()

    assert look_up(meera, kind).status == 200

    assert '"DisclosureNotRecorded":[1.0]' in capsys.readouterr().out
