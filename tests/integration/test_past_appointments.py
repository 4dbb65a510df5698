"""`GET /patients/{patient_id}/appointments/completed`: what was done at the last visits?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support import emf, invented
from tests.support.account import document
from tests.support.bookings import AGENT_ID, CALL_ID
from tests.support.deployment import Deployment

PAST = "getPatientPastCompletedAppointment"
CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}
CLINICS = {
    "schema": 1,
    "clinics": [
        {"clinic_id": "C-01", "name": "Our Name", "address": "Our Address 1", "time_zone": "Asia/Kolkata"},
        {"clinic_id": "C-02", "name": "Second", "address": "Dubai Street 2", "time_zone": "Asia/Dubai"},
    ],
}


def visit(day: str, **changes: Any) -> dict[str, Any]:
    return {"clinic_id": "C-01", "start": f"{day}T10:00:00", "status": "Check Out", "service": "Checkup", **changes}


def test_the_last_visits_with_the_clinics_address_newest_first(deployment: Deployment) -> None:
    deployment.fake.add_patient(
        **invented.patient(
            patient_id="P-41",
            appointments=[
                visit("2024-02-03", appointment_id="A-1", practitioner_id="D-01"),
                visit("2025-03-04", appointment_id="A-2", clinic_id="C-02", status="Checked-Out", service=""),
                visit("2024-12-05", appointment_id="A-3", status="CheckedOut"),
                visit("2025-01-01", status="NoShow"),
                visit("2025-01-02", status="Cancelled"),
                visit("2031-01-02", status="Scheduled"),
            ],
        )
    )

    answer = deployment.completed("P-41", CALL)

    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.body["status"] == "success"
    assert answer.body["message"] == "3 completed appointments."
    assert [each["appointment_id"] for each in answer.body["appointments"]] == ["A-2", "A-3", "A-1"]
    assert answer.body["appointments"][2] == {
        "appointment_id": "A-1",
        "start": "2024-02-03T10:00:00+05:30",
        "end": "2024-02-03T10:30:00+05:30",
        "service": "Checkup",
        "practitioner": "Anika Inventedova",
        "status": "Check Out",
        "completed": True,
        "clinic": {
            "clinic_id": "C-01",
            "name": "Example Clinic Indiranagar",
            "address": "1 Invented Street, Indiranagar, Bengaluru, Karnataka 560000",
        },
    }
    assert answer.body["appointments"][0]["service"] is None
    assert answer.body["appointments"][0]["practitioner"] is None


def answered(deployment: Deployment, **record: Any) -> list[dict[str, Any]]:
    """What a look-up shows of one record that Clinicea's own call of completed appointments brings."""
    shown = {"ID": "A-1", "PatientID": "P-41", "StartDateTime": "2024-02-03T10:00:00", **record}
    deployment.fake.fault(PAST, "status", status=200, body=json.dumps([shown]), count=1)
    appointments: list[dict[str, Any]] = deployment.completed("P-41", CALL).body["appointments"]
    return appointments


@pytest.mark.parametrize("word", ["Check Out", "Checked Out", "CheckedOut", "Completed", "Checked Out (Billed)"])
def test_every_word_for_completed_is_shown_as_it_came(deployment: Deployment, word: str) -> None:
    (visit,) = answered(deployment, AppointmentStatus=word, CancellationReason="-")

    assert (visit["status"], visit["completed"]) == (word, True)


@pytest.mark.parametrize("word", ["Settled", "Rescheduled", None])
def test_visit_of_unknown_status_is_shown_and_counted(
    deployment: Deployment, word: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    (visit,) = answered(deployment, AppointmentStatus=word)

    assert (visit["status"], visit["completed"]) == (word, None)
    output = capsys.readouterr().out
    assert emf.values(output, "CliniceaStatusUnclear") == ([1] if word else [])
    assert word is None or word not in output


@pytest.mark.parametrize(("shown", "ids"), [(False, ["A-1"]), (True, ["A-2", "A-1", "A-4"])])
def test_past_visits_not_checked_out_are_shown_if_configured(
    deployment: Deployment, shown: bool, ids: list[str]
) -> None:
    deployment.configure(CALL_TABLE=document({"schema": 2, "statuses": {"show_unfinished": shown}}))
    visits = [
        visit("2024-02-03", appointment_id="A-1"),
        visit("2025-03-04", appointment_id="A-2", status="Engaged"),
        visit("2024-05-05", appointment_id="A-3", status="No Show"),
        visit("2024-01-01", appointment_id="A-4", status="Scheduled"),
        visit("2024-06-06", appointment_id="A-5", status="Cancelled by Patient"),
        visit("2039-06-06", appointment_id="A-6", status="Scheduled"),
    ]
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", appointments=visits))

    answer = deployment.completed("P-41", CALL)

    assert [each["appointment_id"] for each in answer.body["appointments"]] == ids
    assert [each["completed"] for each in answer.body["appointments"]] == [each == "A-1" for each in ids]
    rest = " 2 past appointments not marked as completed." if shown else ""
    assert answer.body["message"] == f"1 completed appointment.{rest}"


@pytest.mark.parametrize("patient_id", ["P-nobody", "1", "a" * 64, "P 41", "P.41", "P/41", "{P:41}", "41.0", "P%41?#"])
def test_an_unknown_patient_has_none(deployment: Deployment, patient_id: str) -> None:
    answer = deployment.completed(patient_id, CALL)

    assert answer.status == 200
    assert answer.body == {"status": "success", "message": "No completed appointments.", "appointments": []}


@pytest.mark.parametrize("empty", ["204", "404", "list"])
def test_nothing_is_nothing_however_clinicea_says_it(deployment: Deployment, empty: str) -> None:
    deployment.fake.switch(empty_answer=empty)

    assert deployment.completed("P-41", CALL).body["appointments"] == []


@pytest.mark.parametrize(
    ("limit", "count"), [({}, 10), ({"limit": "1"}, 1), ({"limit": "50"}, 12), ({"limit": ""}, 10)]
)
def test_as_many_as_asked_for_ten_by_default(deployment: Deployment, limit: dict[str, str], count: int) -> None:
    visits = [visit(f"2024-01-{day:02d}") for day in range(1, 13)]
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", appointments=visits))

    found = deployment.completed("P-41", {**CALL, **limit}).body["appointments"]

    assert len(found) == count
    assert found[0]["start"].startswith("2024-01-12")


def test_one_appointment_is_one(deployment: Deployment) -> None:
    deployment.fake.switch(single_appointments=True)
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", appointments=[visit("2024-01-01")]))

    answer = deployment.completed("P-41", CALL)

    assert answer.body["message"] == "1 completed appointment."
    assert len(answer.body["appointments"]) == 1


def test_missing_clinic_details_come_from_the_clinics_document(deployment: Deployment) -> None:
    deployment.configure(CLINICS=document(CLINICS))
    deployment.fake.switch(clinic_fields=False, reference_ids=True)
    deployment.fake.add_patient(
        **invented.patient(patient_id="P-41", appointments=[visit("2024-01-02"), visit("2024-01-01", clinic_id="C-02")])
    )

    here, abroad = deployment.completed("P-41", CALL).body["appointments"]

    assert here["clinic"] == {"clinic_id": "C-01", "name": "Our Name", "address": "Our Address 1"}
    assert abroad["clinic"] == {"clinic_id": "C-02", "name": "Second", "address": "Dubai Street 2"}
    assert abroad["start"] == "2024-01-01T10:00:00+04:00", "in the clinic's own zone"


def test_a_clinic_that_nobody_names_is_null_throughout(deployment: Deployment) -> None:
    deployment.fake.switch(clinic_fields=False)
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", appointments=[visit("2024-01-02")]))

    (found,) = deployment.completed("P-41", CALL).body["appointments"]

    assert found["clinic"] == {"clinic_id": None, "name": None, "address": None}


@pytest.mark.parametrize("missing", ["call_id", "agent_id"])
def test_call_and_agent_are_required(deployment: Deployment, missing: str) -> None:
    query = {name: value for name, value in CALL.items() if name != missing}

    deployment.completed("P-41", query).is_error(400, "invalid_request", missing)
    deployment.configure(REQUIRE_CALL_CONTEXT="false")
    assert deployment.completed("P-41", query).status == 200


def test_the_patient_of_the_path_counts_not_one_of_the_query(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", appointments=[visit("2024-01-02")]))

    answer = deployment.completed("P-42", {**CALL, "patient_id": "P-41"})

    assert answer.body["appointments"] == []
