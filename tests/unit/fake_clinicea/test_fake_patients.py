"""The calls that find patients, and what their answers look like."""

import pytest

from local.clinicea import Answer

from .api import Api, row, rows, visit

SEARCH = "searchPatientByMobileNumber"


def search(api: Api, mobile: str = "9999900001", code: str = "91") -> Answer:
    return api.get(SEARCH, patmobile=mobile, countrycode=code)


class TestPatientSearch:
    def test_one_match_is_the_bare_object(self, api: Api) -> None:
        patient = api.patient()
        found = row(search(api))
        assert (found["ID"], found["FullName"], found["Mobile"]) == (
            patient,
            "Meera Samplewala",
            "9999900001",
        )

    def test_one_match_is_an_array_if_switched_so(self, api: Api) -> None:
        api.patient()
        api.switch(single_objects=False)
        assert len(rows(search(api))) == 1

    def test_a_family_on_one_number_is_an_array(self, api: Api) -> None:
        ids = [api.patient(), api.patient(first_name="Diya")]
        assert [each["ID"] for each in rows(search(api))] == ids

    def test_nobody_is_204_without_a_body(self, api: Api) -> None:
        answer = search(api)
        assert (answer.status, answer.body, answer.content_type) == (204, b"", None)

    @pytest.mark.parametrize(
        ("form", "status", "body"), [("404", 404, b""), ("list", 200, b"[]"), ("null", 200, b"null")]
    )
    def test_nothing_can_be_said_otherwise(self, api: Api, form: str, status: int, body: bytes) -> None:
        api.switch(empty_answer=form)
        answer = search(api)
        assert (answer.status, answer.body) == (status, body)

    @pytest.mark.parametrize("code", ["91", "+91", " 91"])
    def test_the_dialling_code_may_have_a_plus_or_have_lost_it(self, api: Api, code: str) -> None:
        api.patient()
        assert search(api, code=code).status == 200

    @pytest.mark.parametrize("mobile", ["+919999900001", "919999900001", "09999900001", "99999 00001"])
    def test_only_the_national_number_matches(self, api: Api, mobile: str) -> None:
        api.patient()
        assert search(api, mobile).status == 204

    def test_another_country_does_not_match(self, api: Api) -> None:
        api.patient()
        assert search(api, code="971").status == 204

    @pytest.mark.parametrize("missing", ["patmobile", "countrycode"])
    def test_a_missing_parameter_is_a_plain_400(self, api: Api, missing: str) -> None:
        query = {"patmobile": "9999900001", "countrycode": "91"}
        del query[missing]
        answer = api.get(SEARCH, **query)
        assert (answer.status, answer.content_type) == (400, "text/plain; charset=utf-8")
        assert answer.text == f"{missing} is required"

    def test_an_unset_date_is_the_first_of_january_of_year_1(self, api: Api) -> None:
        api.patient()
        found = row(search(api))
        assert found["DOB"] == found["LastAppointmentDate"] == "0001-01-01T00:00:00"

    def test_dates_are_naive_and_local(self, api: Api) -> None:
        api.patient(date_of_birth="1988-04-17", appointments=[visit(start="2026-03-01T04:30:00+00:00")])
        found = row(search(api))
        assert (found["DOB"], found["LastAppointmentDate"]) == ("1988-04-17T00:00:00", "2026-03-01T10:00:00")

    def test_only_completed_visits_count_as_the_last(self, api: Api) -> None:
        api.patient(appointments=[visit(status="NoShow")])
        assert row(search(api))["LastAppointmentDate"] == "0001-01-01T00:00:00"

    def test_names_of_parameters_are_matched_without_case(self, api: Api) -> None:
        api.patient()
        assert api.get(SEARCH, PATMOBILE="9999900001", CountryCode="91").status == 200


class TestOtherSearches:
    @pytest.mark.parametrize(
        ("by", "text"), [("0", "F77"), ("1", "P-77"), ("2", "9999900001"), ("3", "Meera@Example.com")]
    )
    def test_get_patient_searches_by_four_things(self, api: Api, by: str, text: str) -> None:
        api.patient(patient_id="P-77", file_no="F77", email="meera@example.com")
        answer = api.get("getPatient", searchBy=by, searchText=text, searchOption="+91")
        assert row(answer)["PatientID"] == "P-77"

    def test_get_patient_uses_other_names_than_the_mobile_search(self, api: Api) -> None:
        api.patient()
        found = row(api.get("getPatient", searchBy="2", searchText="9999900001", searchOption="+91"))
        assert "Name" in found
        assert not {"ID", "FullName"} & set(found)

    @pytest.mark.parametrize("by", ["4", "-1", "two", ""])
    def test_another_search_is_a_plain_400(self, api: Api, by: str) -> None:
        answer = api.get("getPatient", searchBy=by, searchText="x")
        assert (answer.status, answer.content_type) == (400, "text/plain; charset=utf-8")

    def test_one_patient_by_id(self, api: Api) -> None:
        patient = api.patient()
        assert row(api.get("getPatientByID", patientID=patient))["EntityID"] == patient
        assert api.get("getPatientByID", patientID="nobody").status == 204
