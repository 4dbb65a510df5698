"""`./connector doctor` against a Clinicea that is not as it is assumed: each difference is named, and the table that it
writes makes the client work. The fake behaves as its mutated Swagger document says, over real sockets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from convox_clinicea.clinicea import Endpoint
from convox_clinicea.clinicea.calls import LOGIN, Flows
from convox_clinicea.clinicea.http import Scheme
from local.clinicea.routes import CALLS, ROUTES
from local.clinicea.testing import RunningFake
from tests.support.doctor import DoctorRunner, what_works

SEARCH, PAST = Endpoint.SEARCH_PATIENT.value, Endpoint.PAST_COMPLETED.value
KNOWN, NEW = Endpoint.POST_BY_PATIENT.value, Endpoint.POST_WITH_PATIENT.value
BY_PATIENT, BY_DATE = Endpoint.BY_PATIENT.value, Endpoint.BY_DATE.value
ALL = {call.value for call in Flows().needed()}
CONTROLLERS = {route.call: route.controller for route in ROUTES}
USUAL = {"read_back.clinic_id", "read_back.practitioner_id"}
"""What differs harmlessly of the fake: its lists carry no such ids, since nobody has seen them in Clinicea's."""


@dataclass(frozen=True)
class Mutation:
    """One difference: how the fake is switched, what that breaks, and what must be said of it."""

    switches: dict[str, Any]
    breaks: set[str]
    wrong: Mapping[str, str | None]
    """The finding's subject → what it says to use; None: it can only be named."""
    cured: bool = True
    arguments: tuple[str, ...] = ()
    scheme: Scheme = "api_key"


def shaped(call: str, breaks: set[str] | None = None, *, wrong: Mapping[str, str | None], **shape: Any) -> Mutation:
    return Mutation({"shapes": {call: shape}}, {call} if breaks is None else breaks, wrong)


PREFIXED = {call: {"path": f"/clinic/{{version}}/{CONTROLLERS[call]}/{call}"} for call in CALLS}
MUTATIONS = {
    "a parameter is renamed": shaped(
        SEARCH,
        names={"patMobile": "mobileNumber"},
        wrong={f"calls.{SEARCH}.parameters.national_number": "mobileNumber"},
    ),
    "a parameter has a name that says nothing": shaped(
        PAST, names={"patientID": "q"}, wrong={f"calls.{PAST}.parameters.patient_id": "q"}
    ),
    "a parameter has other capitals": shaped(
        KNOWN, names={"PatientID": "patientId"}, wrong={f"calls.{KNOWN}.parameters.patient_id": "patientId"}
    ),
    "the fields of a body are renamed": shaped(
        KNOWN,
        names={
            "StartDateTime": "BeginDateTime",
            "EndDateTime": "Finish",
            "ClinicID": "BranchGuid",
            "StaffID": "DoctorID",
        },
        wrong={
            f"calls.{KNOWN}.parameters.start": "BeginDateTime",
            f"calls.{KNOWN}.parameters.end": "Finish",
            f"calls.{KNOWN}.parameters.clinic_id": "BranchGuid",
            f"calls.{KNOWN}.parameters.practitioner_id": "DoctorID",
        },
    ),
    "a body is of objects in objects": shaped(
        NEW,
        style="json",
        names={
            "FirstName": "Patient.FirstName",
            "Mobile": "Patient.Mobile",
            "MobileCountryCode": "Patient.MobileCountryCode",
            "StartDateTime": "Appointment.StartDateTime",
            "EndDateTime": "Appointment.EndDateTime",
        },
        wrong={
            f"calls.{NEW}.style": "json",
            f"calls.{NEW}.parameters.first_name": "Patient.FirstName",
            f"calls.{NEW}.parameters.national_number": "Patient.Mobile",
            f"calls.{NEW}.parameters.country_code": "Patient.MobileCountryCode",
            f"calls.{NEW}.parameters.start": "Appointment.StartDateTime",
            f"calls.{NEW}.parameters.end": "Appointment.EndDateTime",
        },
    ),
    "a post is a get": Mutation({"post_appointment_verb": "GET"}, {NEW}, {f"calls.{NEW}.verb": "GET"}),
    "a read is a post": shaped(
        BY_DATE, verb="POST", style="json", wrong={f"calls.{BY_DATE}.verb": "POST", f"calls.{BY_DATE}.style": "json"}
    ),
    "another version": Mutation(
        {"call_versions": {PAST: ["v3"], KNOWN: ["v2"]}},
        {PAST, KNOWN},
        {f"calls.{PAST}.version": "v3", f"calls.{KNOWN}.version": "v2"},
    ),
    "another prefix for all": Mutation(
        {"shapes": PREFIXED},
        ALL,
        {f"calls.{call}.path": f"/clinic/{{version}}/{CONTROLLERS[call]}/{call}" for call in ALL}
        | {"login.path": f"/clinic/{{version}}/login/{LOGIN}"},
    ),
    "a path without a version": shaped(
        PAST, path=f"/api/visits/{PAST}", wrong={f"calls.{PAST}.path": f"/api/visits/{PAST}"}
    ),
    "a call with a name that is nearly the same": shaped(
        PAST,
        path="/api/{version}/appointments/getPatientPastCompletedAppointments",
        wrong={f"calls.{PAST}.path": "/api/{version}/appointments/getPatientPastCompletedAppointments"},
    ),
    "a parameter in the path": shaped(
        BY_PATIENT,
        path="/api/{version}/patients/{patientID}/getAppointmentsByPatient",
        places={"patientID": "path"},
        wrong={
            f"calls.{BY_PATIENT}.path": "/api/{version}/patients/{patientID}/getAppointmentsByPatient",
            f"calls.{BY_PATIENT}.places.patientID": "path",
        },
    ),
    "a parameter in the query beside a body": shaped(
        KNOWN,
        style="json",
        places={"PatientID": "query"},
        wrong={f"calls.{KNOWN}.style": "json", f"calls.{KNOWN}.places.PatientID": "query"},
    ),
    "a parameter in a header": shaped(
        SEARCH, places={"countryCode": "header"}, wrong={f"calls.{SEARCH}.places.countryCode": "header"}
    ),
    "a body instead of the query": shaped(KNOWN, style="json", wrong={f"calls.{KNOWN}.style": "json"}),
    "a form instead of the query": shaped(NEW, style="form", wrong={f"calls.{NEW}.style": "form"}),
    "a required parameter more, its value shown": shaped(
        KNOWN, extra={"OrganizationID": "817"}, wrong={f"calls.{KNOWN}.fixed.OrganizationID": "817"}
    ),
    "a required header more, its value shown": shaped(
        PAST,
        extra={"X-Tenant": "blue"},
        places={"X-Tenant": "header"},
        wrong={f"calls.{PAST}.fixed.X-Tenant": "blue", f"calls.{PAST}.places.X-Tenant": "header"},
    ),
    "a required parameter more, its value unknown": Mutation(
        {"shapes": {KNOWN: {"extra": {"OrganizationID": "817"}, "extra_shown": False}}},
        {KNOWN},
        {f"calls.{KNOWN}.fixed.OrganizationID": None},
        cured=False,
    ),
    "a required parameter more, its value given": Mutation(
        {"shapes": {KNOWN: {"extra": {"OrganizationID": "817"}, "extra_shown": False}}},
        {KNOWN},
        {f"calls.{KNOWN}.fixed.OrganizationID": "817"},
        arguments=("--fixed", f"{KNOWN}.OrganizationID=817"),
    ),
    "the fixed parameter and the paging are renamed": shaped(
        BY_PATIENT,
        names={"appointmentType": "kind", "pageNo": "pageIndex", "pageSize": "recordsPerPage"},
        wrong={
            f"calls.{BY_PATIENT}.fixed.appointmentType": "kind",
            f"calls.{BY_PATIENT}.parameters.page": "pageIndex",
            f"calls.{BY_PATIENT}.parameters.page_size": "recordsPerPage",
        },
    ),
    "an array where an object was": shaped(KNOWN, set(), array=True, wrong={}),
    "the fields of an answer are renamed": Mutation(
        {
            "shapes": {
                SEARCH: {"answer": {"ID": "PatientGuid"}},
                BY_PATIENT: {"answer": {"ID": "AppointmentGuid", "StartDateTime": "BeginsAt"}},
            }
        },
        {SEARCH, BY_PATIENT},
        {
            f"patient_fields.patient_id in {SEARCH}": "PatientGuid",
            f"appointment_fields.appointment_id in {BY_PATIENT}": "AppointmentGuid",
            f"appointment_fields.start in {BY_PATIENT}": "BeginsAt",
            f"answers.{SEARCH}": None,
            f"answers.{BY_PATIENT}": None,
        },
    ),
    "the key in another header": Mutation(
        {"api_key_header": "X-Clinicea-Key"}, ALL, {"credentials.api_key_header": "X-Clinicea-Key"}
    ),
    "another login": Mutation(
        {
            "shapes": {LOGIN: {"verb": "POST", "style": "form", "names": {"loginUserName": "user", "pwd": "password"}}},
            "session_parameter": "token",
        },
        ALL,
        {
            "login.verb": "POST",
            "login.style": "form",
            "login.parameters.user_name": "user",
            "login.parameters.password": "password",
            "credentials.token_parameter": "token",
        },
        scheme="staff_session",
    ),
    "the country code without its plus": Mutation(
        {"country_code_form": "digits"},
        {SEARCH},
        {f"calls.{call}.country_code_format": "digits" for call in (SEARCH, NEW)},
    ),
    "the country code with zeros": Mutation(
        {"country_code_form": "zeros"},
        {SEARCH},
        {f"calls.{call}.country_code_format": "zeros" for call in (SEARCH, NEW)},
    ),
    "a call that is missing": Mutation(
        {"shapes": {BY_PATIENT: {"missing": True}}}, {BY_PATIENT}, {f"calls.{BY_PATIENT}.path": None}, cured=False
    ),
    "a call that the role may not make": Mutation(
        {"denied_calls": [PAST], "denied_status": 403},
        {PAST},
        {f"permission.{PAST}": f"a role with the permission for {PAST}"},
        cured=False,
    ),
    "a key that only v3 takes": Mutation(
        {"header_versions": ["v3"]},
        ALL - {BY_DATE},
        {"authentication": "CliniceaAuthentication=staff_session"},
        cured=False,
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_each_difference_is_named_and_the_written_table_fixes_it(
    name: str, fake: RunningFake, doctor: DoctorRunner
) -> None:
    mutation = MUTATIONS[name]
    fake.switch(**mutation.switches)
    assert what_works(fake, None, mutation.scheme) == ALL - mutation.breaks

    arguments = ("--mobile", "+919999900001", "--authentication", mutation.scheme, *mutation.arguments)
    report = doctor(fake.url, *arguments)

    wrong = {subject: report.findings[subject]["use"] for subject in report.of("wrong")}
    assert wrong == mutation.wrong
    assert report.status == (1 if wrong else 0)
    fake.reset()
    fake.switch(**mutation.switches)
    assert what_works(fake, report.table, mutation.scheme) == (ALL if mutation.cured else ALL - mutation.breaks)


def test_nothing_is_written_where_nothing_differs(fake: RunningFake, doctor: DoctorRunner) -> None:
    report = doctor(fake.url, "--mobile", "+919999900001")
    assert (report.status, report.of("wrong"), report.of("differs, harmless")) == (0, set(), USUAL)
    assert report.table is None
