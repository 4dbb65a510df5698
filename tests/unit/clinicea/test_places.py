"""Parameters that do not go where the call's style says, and bodies of objects in objects."""

from __future__ import annotations

from typing import Any

import pytest

from convox_clinicea.clinicea.calls import Endpoint
from convox_clinicea.clinicea.wire import WireRequest, request_for
from convox_clinicea.errors import ConfigurationError
from tests.support.clients import call_table

KNOWN = Endpoint.POST_BY_PATIENT


def request(part: dict[str, Any], **arguments: str | None) -> WireRequest:
    spec = call_table({"calls": {KNOWN.value: {"style": "json", **part}}}).calls[KNOWN]
    return request_for(KNOWN, spec, {"patient_id": "P-1", "clinic_id": "C-1", **arguments})


def test_a_parameter_beside_the_body() -> None:
    made = request({"places": {"PatientID": "query", "ClinicID": "header"}}, notes="n")
    assert (made.query, made.headers, made.document) == ({"PatientID": "P-1"}, {"ClinicID": "C-1"}, {"Notes": "n"})


@pytest.mark.parametrize(("patient_id", "path"), [("P-1", "/p/P-1/x"), ("a/b?c#d {e}", "/p/a%2Fb%3Fc%23d%20%7Be%7D/x")])
def test_a_parameter_in_the_path_is_escaped(patient_id: str, path: str) -> None:
    made = request({"path": "/p/{PatientID}/x", "places": {"PatientID": "path"}}, patient_id=patient_id)
    assert made.path == path
    assert made.document == {"ClinicID": "C-1"}


def test_a_fixed_one_may_go_into_a_header() -> None:
    made = request({"fixed": {"X-Tenant": "7"}, "places": {"X-Tenant": "header"}})
    assert made.headers == {"X-Tenant": "7"}
    assert made.document == {"PatientID": "P-1", "ClinicID": "C-1"}


def test_one_that_is_not_given_is_not_sent() -> None:
    made = request({"places": {"StaffID": "query", "Notes": "header"}}, practitioner_id=None)
    assert (made.query, made.headers) == ({}, {})


def test_a_dot_nests_in_a_json_body_only() -> None:
    names = {"patient_id": "Patient.ID", "clinic_id": "Slot.Clinic.ID"}
    assert request({"parameters": names}).document == {"Patient": {"ID": "P-1"}, "Slot": {"Clinic": {"ID": "C-1"}}}
    assert request({"parameters": names, "style": "form"}).form == {"Patient.ID": "P-1", "Slot.Clinic.ID": "C-1"}


def test_a_fixed_parameter_can_be_dropped_again() -> None:
    table = call_table({"calls": {Endpoint.BY_PATIENT.value: {"fixed": {"appointmentType": None}}}})
    assert table.calls[Endpoint.BY_PATIENT].named({"patient_id": "P-1"}) == {"patientID": "P-1"}


@pytest.mark.parametrize(
    "part",
    [
        {"places": {"Nothing": "query"}},
        {"places": {"PatientID": "body"}},
        {"places": {"PatientID": "path"}},
        {"path": "/p/{PatientID}"},
        {"path": "/p/{PatientID}", "places": {"PatientID": "query"}},
        {"parameters": {"patient_id": "A", "clinic_id": "A.B"}},
    ],
)
def test_what_cannot_be_sent_is_refused(part: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=f"calls.{KNOWN}"):
        call_table({"calls": {KNOWN.value: {"style": "json", **part}}})
