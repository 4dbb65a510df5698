"""Comparing names under the defaults of schema 1: what is proposed, what is left to a person, what is never guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from commands.doctor.compare import compare
from commands.doctor.findings import Finding, Register
from commands.doctor.swagger import read
from commands.doctor.words import Guess, guess
from convox_clinicea.clinicea import Endpoint
from convox_clinicea.clinicea.calls import Flows
from tests.support.clients import call_table

SEARCH, KNOWN, NEW = Endpoint.SEARCH_PATIENT.value, Endpoint.POST_BY_PATIENT.value, Endpoint.POST_WITH_PATIENT.value
PAST, BY_DATE = Endpoint.PAST_COMPLETED.value, Endpoint.BY_DATE.value
Compared = tuple[dict[str, Finding], dict[str, Any]]


def compared(*operations: tuple[str, str, list[dict[str, Any]]], **more: Any) -> Compared:
    """The findings by subject, and the correction, for operations `(verb, path, parameters)`."""
    paths: dict[str, Any] = {}
    for verb, path, parameters in operations:
        paths.setdefault(path, {})[verb] = {"parameters": parameters, "responses": more.get("responses", {})}
    table = call_table({"schema": 1} | more.get("table", {}))
    register = Register(table)
    correction = compare(table, [read("v2", json.dumps({"paths": paths}))], register)
    return {each.subject: each for each in register.all()}, correction


def query(*names: str, required: bool = True) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "required": required, "type": "string"} for name in names]


def body(*names: str, required: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    schema = {"properties": {name: {"type": "string"} for name in names}, "required": list(required)}
    return [{"name": "model", "in": "body", "schema": schema}]


class TestGuesses:
    @pytest.mark.parametrize(
        ("ours", "offered", "found"),
        [
            ("patient_id", ["PatientGuid", "ClinicID"], "PatientGuid"),
            ("national_number", ["model.Mobile", "model.MobileCountryCode"], "model.Mobile"),
            ("country_code", ["mobile", "isdCode"], "isdCode"),
            ("start", ["EngagedStartTime", "AppointmentStart"], "AppointmentStart"),
            ("start", ["FromDateTime", "ToDateTime"], "FromDateTime"),
            ("end", ["Gender", "EndTime", "SendSMS"], "EndTime"),
            ("clinic_id", ["BranchID", "PatientID"], "BranchID"),
            ("practitioner_id", ["ConsultantId", "ClinicId"], "ConsultantId"),
            ("notes", ["Remarks"], "Remarks"),
            ("page", ["pageIndex", "pageSize"], "pageIndex"),
            ("page_size", ["pageIndex", "recordsPerPage"], "recordsPerPage"),
            ("first_name", ["FirstName", "LastName"], "FirstName"),
            ("date_of_birth", ["BirthDate", "StartDate"], "BirthDate"),
            ("appointment_id", ["AppointmentGuid", "PatientGuid"], "AppointmentGuid"),
            ("status", ["DataStatusValue", "StatusName"], "StatusName"),
        ],
    )
    def test_one_that_fits_is_taken(self, ours: str, offered: list[str], found: str) -> None:
        assert guess(ours, [], offered) == Guess(found)

    @pytest.mark.parametrize(
        ("ours", "offered"),
        [
            ("start", ["EngagedStartTime", "ArrivalDate", "Gender"]),
            ("end", ["Gender", "SendSMS"]),
            ("patient_id", ["FileNo", "PatientMobileNo", "ClinicID"]),
            ("national_number", ["CountryCode", "MobileCountryCode"]),
            ("something", ["Something"]),
        ],
    )
    def test_nothing_is_made_of_what_does_not_fit(self, ours: str, offered: list[str]) -> None:
        assert guess(ours, [], offered) == Guess()

    def test_of_two_none_is_taken(self) -> None:
        offered = ["PrimaryMobile", "SecondaryMobile"]
        assert guess("national_number", [], offered) == Guess(candidates=tuple(offered))

    def test_the_assumed_name_goes_first_whatever_its_case(self) -> None:
        assert guess("start", ["StartDateTime"], ["start_date_time", "Begin"]) == Guess("start_date_time")


class TestParameters:
    def test_what_a_person_must_decide_is_left_as_it_was(self) -> None:
        found, correction = compared(("post", f"/api/v2/appointments/{KNOWN}", body("BeginDate", "BeginTime", "X")))
        told = found[f"calls.{KNOWN}.parameters.start"]
        assert (told.verdict, told.detail) == ("could not check", "not there; perhaps BeginDate or BeginTime")
        assert "start" not in correction["calls"][KNOWN]["parameters"]

    def test_an_optional_one_that_is_not_taken_is_not_sent(self) -> None:
        taken = body("PatientID", "ClinicID", "StartDateTime", "EndDateTime")
        found, correction = compared(("post", f"/api/v2/appointments/{KNOWN}", taken))
        assert found[f"calls.{KNOWN}.parameters.notes"].use == "null (not sent)"
        parameters = correction["calls"][KNOWN]["parameters"]
        assert parameters == dict.fromkeys(("practitioner_id", "service", "mobile", "notes"))

    def test_a_needed_one_that_is_not_taken_is_only_named(self) -> None:
        found, correction = compared(("post", f"/api/v2/appointments/{KNOWN}", body("PatientID")))
        told = found[f"calls.{KNOWN}.parameters.clinic_id"]
        assert (told.verdict, told.use) == ("wrong", "")
        assert "clinic_id" not in correction["calls"][KNOWN]["parameters"]

    def test_an_optional_one_that_clinicea_requires_is_told(self) -> None:
        taken = body("FirstName", "LastName", required=("LastName",))
        found, _ = compared(("post", f"/api/v2/appointments/{NEW}", taken))
        assert found[f"calls.{NEW}.parameters.last_name"].detail == "Clinicea requires it: the agents' form must"

    def test_one_left_over_is_taken_only_if_nothing_else_is_open(self) -> None:
        both = compared(("get", f"/api/v2/patients/{SEARCH}", query("q", "r")))
        one = compared(("get", f"/api/v2/patients/{SEARCH}", query("q", "countrycode")))
        assert one[1]["calls"][SEARCH]["parameters"] == {"national_number": "q"}
        assert both[1] == {}

    def test_the_credential_is_no_parameter_of_a_call(self) -> None:
        header = {"name": "api_key", "in": "header", "required": True, "type": "string"}
        _, correction = compared(("get", f"/api/v2/patients/{SEARCH}", [*query("patmobile", "countrycode"), header]))
        assert SEARCH not in correction.get("calls", {})

    def test_words_that_the_document_lists(self) -> None:
        taken = body("Gender")
        taken[0]["schema"]["properties"]["Gender"]["enum"] = ["M", "F", "Unknown"]
        found, correction = compared(("post", f"/api/v2/appointments/{NEW}", taken))
        told = found[f"calls.{NEW}.values"]
        assert (told.use, told.detail) == ("male: M, female: F", "nothing listed fits other")
        assert correction["calls"][NEW]["values"] == {"gender": {"male": "M", "female": "F"}}

    def test_a_verb_that_the_connector_does_not_know_is_only_named(self) -> None:
        found, correction = compared(("put", f"/api/v2/appointments/{KNOWN}", body("PatientID")))
        assert found[f"calls.{KNOWN}.verb"].detail == "Clinicea takes PUT; the connector sends GET or POST"
        assert "verb" not in correction["calls"][KNOWN]

    def test_names_of_a_deployer_s_own_table_are_the_assumption(self) -> None:
        table = {"calls": {SEARCH: {"parameters": {"national_number": "phone"}}}}
        found, correction = compared(("get", f"/api/v2/patients/{SEARCH}", query("phone", "countrycode")), table=table)
        assert found[f"calls.{SEARCH}.parameters.national_number"].verdict == "confirmed"
        assert SEARCH not in correction.get("calls", {})


class TestPlaces:
    @pytest.mark.parametrize(
        ("path", "version", "template"),
        [
            (f"/api/v{{version}}/patients/{SEARCH}", "v2", None),
            (f"/api/{{version}}/patients/{SEARCH}", "v2", None),
            (f"/api/v12/patients/{SEARCH}", "v12", None),
            (f"/API/v2/Patients/{SEARCH}", "v2", f"/API/{{version}}/Patients/{SEARCH}"),
            (f"/v3/{SEARCH}", "v3", f"/{{version}}/{SEARCH}"),
        ],
    )
    def test_a_path_and_its_version(self, path: str, version: str, template: str | None) -> None:
        version_parameter = [{"name": "version", "in": "path", "required": True, "type": "string"}]
        taken = [*query("patmobile", "countrycode"), *(version_parameter if "{" in path else [])]
        _, correction = compared(("get", path, taken))
        part = correction.get("calls", {}).get(SEARCH, {})
        assert (part.get("version", "v2"), part.get("path")) == (version, template)

    def test_capitals_are_told_as_what_they_are(self) -> None:
        found, _ = compared(("get", f"/API/v2/Patients/{SEARCH}", query("patmobile", "countrycode")))
        assert "only capitals differ" in found[f"calls.{SEARCH}.path"].detail

    def test_a_call_under_its_operation_id(self) -> None:
        table = call_table({"schema": 1})
        operation = {"operationId": f"Patients_{SEARCH}", "parameters": query("patmobile", "countrycode")}
        document = read("v2", json.dumps({"paths": {"/api/v2/patients/{id}/byMobile": {"get": operation}}}))
        register = Register(table)
        compare(table, [document], register)
        found = {each.subject: each for each in register.all()}
        assert found[f"calls.{SEARCH}.verb"].verdict == "confirmed"

    def test_of_several_versions_the_assumed_one(self) -> None:
        taken = query("patmobile", "countrycode")
        _, correction = compared(*(("get", f"/api/{v}/patients/{SEARCH}", taken) for v in ("v1", "v2", "v3")))
        assert SEARCH not in correction.get("calls", {})

    def test_of_several_others_the_highest(self) -> None:
        taken = query("patmobile", "countrycode")
        _, correction = compared(*(("get", f"/api/{v}/patients/{SEARCH}", taken) for v in ("v1", "v3")))
        assert correction["calls"][SEARCH]["version"] == "v3"

    @pytest.mark.parametrize(
        "name", ["searchPatientsByMobileNumber", "SearchPatientByMobile", "searchPatientByMobileNo"]
    )
    def test_a_call_whose_name_is_nearly_the_same(self, name: str) -> None:
        _, correction = compared(("get", f"/api/v2/patients/{name}", query("patmobile", "countrycode")))
        found = correction.get("calls", {}).get(SEARCH, {}).get("path")
        assert found == (None if name.endswith("No") else f"/api/{{version}}/patients/{name}")

    @pytest.mark.parametrize("name", ["postAppointmentNote", "getPatientCompletedVisits", "searchPatient"])
    def test_another_call_is_not_taken_for_one_of_ours(self, name: str) -> None:
        found, correction = compared(("get", f"/api/v2/patients/{name}", query("x")))
        assert correction == {}
        assert all(found[f"calls.{call}.path"].verdict == "wrong" for call in Flows().needed())


class TestAnswers:
    def test_an_envelope_is_named(self) -> None:
        schema = {"schema": {"properties": {"Data": {"type": "array", "items": {}}, "Message": {}}}}
        operation = ("get", f"/api/v2/patients/{SEARCH}", query("patmobile", "countrycode"))
        found, correction = compared(operation, responses={"200": schema})
        assert found[f"patient_fields.patient_id in {SEARCH}"].detail == "no fitting field is shown"
        assert "patient_fields" not in correction

    def test_an_array_of_records_is_looked_into(self) -> None:
        schema = {"schema": {"type": "array", "items": {"properties": {"EntityID": {}, "Name": {}}}}}
        operation = ("get", f"/api/v2/patients/{SEARCH}", query("patmobile", "countrycode"))
        found, _ = compared(operation, responses={"200": schema})
        assert found[f"answers.{SEARCH}"].verdict == "confirmed"
