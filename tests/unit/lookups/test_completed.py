"""A patient's completed appointments, with the clinic's address."""

from __future__ import annotations

import json
from typing import Any

import pytest

from convox_clinicea.clinicea.errors import CliniceaError
from convox_clinicea.deadline import Deadline
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.lookups.completed import CompletedAppointment, CompletedAppointments
from tests.support.clinicea_bench import CliniceaBench

CALL = "getPatientPastCompletedAppointment"
CLINICS = Clinics.from_document(
    {"schema": 1, "clinics": [{"clinic_id": "C-01", "name": "Ours", "address": "Our Street"}]}, "Asia/Kolkata"
)


@pytest.fixture
def bench() -> CliniceaBench:
    return CliniceaBench()


def completed(bench: CliniceaBench, *records: dict[str, Any], limit: int = 10) -> list[CompletedAppointment]:
    bench.fake.fault(CALL, "status", status=200, body=json.dumps(records), count=1)
    return CompletedAppointments(bench.clinicea, CLINICS).of("P-1", limit, Deadline.after(bench.clock, 2))


def record(**changes: Any) -> dict[str, Any]:
    return {
        "ID": "A-1",
        "PatientID": "P-1",
        "StartDateTime": "2024-01-02T10:00:00",
        "AppointmentStatus": "Check Out",
        **changes,
    }


@pytest.mark.parametrize(
    ("told", "name", "address"),
    [
        ({}, None, None),
        ({"ClinicID": "C-01"}, "Ours", "Our Street"),
        ({"ClinicID": "C-99"}, None, None),
        ({"ClinicID": "C-01", "ClinicName": "Theirs"}, "Theirs", "Our Street"),
        ({"ClinicID": "C-01", "ClinicAddress": "Their Street"}, "Ours", "Their Street"),
        ({"ClinicID": "C-01", "ClinicAddress1": "1 A", "ClinicCity": "B"}, "Ours", "1 A, B"),
        ({"ClinicID": "C-01", "ClinicName": "", "ClinicAddress": None}, "Ours", "Our Street"),
    ],
    ids=str,
)
def test_clinicea_s_own_words_count_and_the_document_fills_in(
    bench: CliniceaBench, told: dict[str, Any], name: str | None, address: str | None
) -> None:
    (found,) = completed(bench, record(**told))

    assert (found.clinic_name, found.clinic_address) == (name, address)


def test_the_newest_come_first_and_no_more_than_asked_for(bench: CliniceaBench) -> None:
    days = [3, 1, 9, 7]
    records = [record(ID=f"A-{day}", StartDateTime=f"2024-01-{day:02d}T10:00:00") for day in days]

    assert [each.appointment.appointment_id for each in completed(bench, *records, limit=3)] == ["A-9", "A-7", "A-3"]


def test_what_is_not_completed_or_not_this_patients_is_left_out(bench: CliniceaBench) -> None:
    records = [
        record(ID="A-1"),
        record(ID="A-2", AppointmentStatus="Cancelled"),
        record(ID="A-3", AppointmentStatus="NoShow"),
        record(ID="A-4", PatientID="P-2"),
    ]

    assert [each.appointment.appointment_id for each in completed(bench, *records)] == ["A-1"]


GUID = "41a0c5de-0000-4000-8000-00000000ab41"


@pytest.mark.parametrize("told", [GUID, GUID.upper(), f"{{{GUID}}}", f"{{{GUID.upper()}}}", GUID.replace("-", "")])
def test_visit_belongs_to_the_patient_in_any_form_of_the_id(bench: CliniceaBench, told: str) -> None:
    bench.fake.fault(CALL, "status", status=200, body=json.dumps([record(PatientID=told)]), count=1)

    (found,) = CompletedAppointments(bench.clinicea, CLINICS).of(GUID, 10, Deadline.after(bench.clock, 2))

    assert found.appointment.appointment_id == "A-1"


@pytest.mark.parametrize(("first", "again"), [("A-1", "A-1"), (GUID, GUID.upper()), ("41", 41.0), (41, "41.0")])
def test_visit_in_several_rows_is_shown_and_counted_once(bench: CliniceaBench, first: object, again: object) -> None:
    rows = [record(ID=first, ServiceName="Cut"), record(ID=again, ServiceName="Wash"), record(ID="A-9")]

    found = completed(bench, *rows, limit=2)

    assert [each.appointment.appointment_id for each in found] == [str(first), "A-9"]


def test_a_failure_is_clinicea_s_own_and_never_nothing(bench: CliniceaBench) -> None:
    bench.fake.fault(CALL, "status", status=403)

    with pytest.raises(CliniceaError):
        CompletedAppointments(bench.clinicea, CLINICS).of("P-1", 10, Deadline.after(bench.clock, 2))
