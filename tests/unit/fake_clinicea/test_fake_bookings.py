"""The calls that write."""

from urllib.parse import urlencode

import pytest

from local.clinicea import Answer, Request

from .api import PAGE, PLACES, TOMORROW, Api, newcomer, row, slot

KNOWN, NEW = "postAppointmentByPatientID", "postAppointment"


def book(api: Api, patient: str, **fields: object) -> Answer:
    return api.post(KNOWN, {"PatientID": patient, **slot(), **fields})


def assert_refused(answer: Answer, text: str, status: int = 400) -> None:
    assert (answer.status, answer.text) == (status, text)
    assert answer.content_type == "text/plain; charset=utf-8"


class TestForAKnownPatient:
    def test_the_appointment_stands_in_the_calendar(self, api: Api) -> None:
        patient = api.patient()
        made = row(book(api, patient, StaffID="D-01", ServiceName="Consultation", Notes="first visit"))

        assert made["PatientID"] == patient
        standing = api.appointments()
        assert len(standing) == 1
        assert standing[0] | {"created_at": None} == {
            "appointment_id": made["ID"],
            "patient_id": patient,
            "patient_name": "Meera Samplewala",
            "mobile": "+919999900001",
            "clinic_id": "C-01",
            "practitioner_id": "D-01",
            "service": "Consultation",
            "start": f"{TOMORROW}T10:00:00+05:30",
            "end": f"{TOMORROW}T10:30:00+05:30",
            "status": "Scheduled",
            "standing": True,
            "deleted": False,
            "notes": "first visit",
            "cancellation_reason": None,
            "created_at": None,
            "made_by": KNOWN,
        }

    def test_it_can_be_read_back(self, api: Api) -> None:
        patient = api.patient()
        made = row(book(api, patient))
        found = api.get("getAppointmentsByPatient", patientID=patient, appointmentType="0", **PAGE).json()
        assert isinstance(found, list)
        assert [each["ID"] for each in found] == [made["ID"]]

    def test_the_same_request_twice_makes_two(self, api: Api) -> None:
        patient = api.patient()
        ids = {row(book(api, patient, StaffID="D-01"))["ID"] for _ in range(2)}
        assert len(ids) == len(api.appointments()) == 2

    def test_a_form_is_read_as_well(self, api: Api) -> None:
        api.switch(post_parameters_in_query=False)
        body = urlencode({"PatientID": api.patient(), **slot()}).encode()
        headers = api.headers | {"content-type": "application/x-www-form-urlencoded"}
        assert api.core.handle(Request.to("POST", PLACES[KNOWN], headers, body)).status == 200

    def test_names_of_fields_are_matched_without_case(self, api: Api) -> None:
        given = {"PatientID": api.patient(), **slot()}
        assert api.post(KNOWN, {name.lower(): value for name, value in given.items()}).status == 200

    @pytest.mark.parametrize("missing", ["PatientID", "ClinicID", "StartDateTime", "EndDateTime"])
    def test_a_missing_field_is_refused(self, api: Api, missing: str) -> None:
        assert_refused(book(api, api.patient(), **{missing: None}), f"{missing} is required")

    def test_an_unknown_patient_is_refused(self, api: Api) -> None:
        assert_refused(book(api, "nobody"), "Unknown patient")

    def test_an_unknown_clinic_is_refused(self, api: Api) -> None:
        assert_refused(book(api, api.patient(), ClinicID="C-99"), "Unknown clinic")

    def test_an_unknown_practitioner_is_refused(self, api: Api) -> None:
        assert_refused(book(api, api.patient(), StaffID="D-99"), "Unknown staff")

    @pytest.mark.parametrize("start", [f"{TOMORROW}T10:00", f"{TOMORROW}T10:00:00Z", f"{TOMORROW}T10:00:00.000"])
    def test_a_date_in_another_form_is_refused(self, api: Api, start: str) -> None:
        assert_refused(book(api, api.patient(), StartDateTime=start), "Get Operation Failed")

    def test_an_end_before_the_start_is_refused(self, api: Api) -> None:
        answer = book(api, api.patient(), EndDateTime=f"{TOMORROW}T10:00:00")
        assert_refused(answer, "EndDateTime should be after StartDateTime")

    def test_a_start_in_the_past_is_taken_unless_switched_off(self, api: Api) -> None:
        patient, past = api.patient(), slot("2026-03-02T11:00:00", "2026-03-02T11:30:00")
        assert api.post(KNOWN, {"PatientID": patient, **past}).status == 200

        api.switch(refuse_past_starts=True)
        answer = api.post(KNOWN, {"PatientID": patient, **past})
        assert_refused(answer, "StartDateTime should not be in the past")

    @pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b'{"PatientID": {}}', b"\xff", b"[" * 100_000])
    def test_a_body_that_is_no_object_is_refused(self, api: Api, body: bytes) -> None:
        api.switch(post_parameters_in_query=False)
        headers = api.headers | {"content-type": "application/json"}
        answer = api.core.handle(Request.to("POST", PLACES[KNOWN], headers, body))
        assert_refused(answer, "The request body is not valid")

    def test_another_type_of_body_is_415(self, api: Api) -> None:
        api.switch(post_parameters_in_query=False)
        headers = api.headers | {"content-type": "text/xml"}
        answer = api.core.handle(Request.to("POST", PLACES[KNOWN], headers, b"<x/>"))
        assert answer.status == 415

    def test_parameters_can_be_taken_from_the_query(self, api: Api) -> None:
        query = urlencode({"PatientID": api.patient(), **slot()})
        assert api.core.handle(Request.to("POST", f"{PLACES[KNOWN]}?{query}", api.headers)).status == 200

    def test_a_refused_request_leaves_nothing(self, api: Api) -> None:
        book(api, api.patient(), ClinicID="C-99")
        assert api.appointments() == []

    def test_a_lone_surrogate_does_no_harm(self, api: Api) -> None:
        api.switch(post_parameters_in_query=False)
        given = {"PatientID": api.patient(), **slot(Notes="\ud800")}
        answer = api.core.handle(Request.with_json("POST", PLACES[KNOWN], given, api.headers))
        assert row(answer)["Notes"] == "?"


class TestSlots:
    @pytest.fixture(autouse=True)
    def taken(self, api: Api) -> None:
        other = api.patient(first_name="Other", mobile="9999900009")
        assert book(api, other, StaffID="D-01").status == 200

    @pytest.mark.parametrize(
        ("start", "end"), [("10:00", "10:30"), ("10:29", "10:59"), ("09:31", "10:01"), ("09:00", "12:00")]
    )
    def test_an_overlap_with_another_patient_is_refused(self, api: Api, start: str, end: str) -> None:
        wanted = slot(f"{TOMORROW}T{start}:00", f"{TOMORROW}T{end}:00", StaffID="D-01")
        assert_refused(book(api, api.patient(), **wanted), "Slot is already booked")

    @pytest.mark.parametrize(
        "other",
        [
            {"StaffID": "D-02"},
            {"ClinicID": "C-02"},
            {"StaffID": None},
            {"StartDateTime": f"{TOMORROW}T10:30:00", "EndDateTime": f"{TOMORROW}T11:00:00"},
        ],
        ids=["practitioner", "clinic", "no practitioner", "right after"],
    )
    def test_another_slot_is_free(self, api: Api, other: dict[str, object]) -> None:
        assert book(api, api.patient(), **{"StaffID": "D-01", **other}).status == 200

    def test_without_practitioners_the_same_start_is_taken(self, api: Api) -> None:
        patient = api.patient()
        book(api, api.patient(first_name="Third"))
        later = slot(f"{TOMORROW}T10:15:00", f"{TOMORROW}T10:45:00")

        assert_refused(book(api, patient), "Slot is already booked")
        assert book(api, patient, **later).status == 200

    def test_a_cancelled_appointment_holds_no_slot(self, api: Api) -> None:
        api.control("POST", "cancel", {"appointment_id": api.appointments()[0]["appointment_id"]})
        assert book(api, api.patient(), StaffID="D-01").status == 200

    def test_the_status_of_the_refusal_is_a_switch(self, api: Api) -> None:
        api.switch(slot_conflict_status=409)
        assert_refused(book(api, api.patient(), StaffID="D-01"), "Slot is already booked", 409)

    def test_conflicts_can_be_switched_off(self, api: Api) -> None:
        api.switch(slot_conflicts=False)
        assert book(api, api.patient(), StaffID="D-01").status == 200

    def test_the_patients_own_appointment_can_hold_the_slot_too(self, api: Api) -> None:
        patient = api.patient()
        api.switch(own_slot_conflicts=True)
        assert book(api, patient, StaffID="D-02").status == 200
        assert_refused(book(api, patient, StaffID="D-02"), "Slot is already booked")


class TestForANewPatient:
    def test_patient_and_appointment_are_made(self, api: Api) -> None:
        given = {"Gender": "Male", "DOB": "1990-05-01T00:00:00", "Email": "ravi@example.com"}
        made = row(api.post(NEW, newcomer(**given)))

        patients = api.control("GET", "patients")["patients"]
        assert [(each["patient_id"], each["made_by"]) for each in patients] == [(made["PatientID"], NEW)]
        assert (patients[0]["date_of_birth"], patients[0]["gender"]) == ("1990-05-01", "Male")
        assert [each["patient_id"] for each in api.appointments()] == [made["PatientID"]]

    def test_the_patient_can_be_found_by_the_number(self, api: Api) -> None:
        made = row(api.post(NEW, newcomer()))
        found = row(api.get("searchPatientByMobileNumber", patmobile="9999900003", countrycode="91"))
        assert (found["ID"], found["FullName"]) == (made["PatientID"], "Ravi Nobody")

    def test_the_same_request_twice_makes_two_of_each(self, api: Api) -> None:
        made = [row(api.post(NEW, newcomer(StaffID="D-01"))) for _ in range(2)]
        assert len({each["PatientID"] for each in made}) == len({each["ID"] for each in made}) == 2

    def test_a_registered_number_gets_a_second_patient(self, api: Api) -> None:
        known = api.patient(mobile="9999900003")
        assert row(api.post(NEW, newcomer()))["PatientID"] != known

    @pytest.mark.parametrize("missing", ["FirstName", "Mobile", "MobileCountryCode", "ClinicID", "StartDateTime"])
    def test_a_missing_field_is_refused(self, api: Api, missing: str) -> None:
        assert_refused(api.post(NEW, newcomer(**{missing: ""})), f"{missing} is required")

    @pytest.mark.parametrize("optional", ["LastName", "Gender", "DOB", "Email", "StaffID", "ServiceName", "Notes"])
    def test_other_fields_may_be_null(self, api: Api, optional: str) -> None:
        assert api.post(NEW, newcomer(**{optional: None})).status == 200

    def test_a_birth_date_of_year_1_is_none(self, api: Api) -> None:
        api.post(NEW, newcomer(DOB="0001-01-01T00:00:00"))
        assert api.control("GET", "patients")["patients"][0]["date_of_birth"] is None

    def test_a_birth_date_without_a_time_is_refused_if_switched_so(self, api: Api) -> None:
        assert api.post(NEW, newcomer(DOB="1990-05-01")).status == 200
        api.switch(date_forms={"DOB": "stamp"})
        assert_refused(api.post(NEW, newcomer(DOB="1990-05-01")), "Get Operation Failed")

    def test_a_taken_slot_leaves_no_patient(self, api: Api) -> None:
        book(api, api.patient(), StaffID="D-01")
        assert_refused(api.post(NEW, newcomer(StaffID="D-01")), "Slot is already booked")
        assert len(api.control("GET", "patients")["patients"]) == 1

    def test_a_taken_slot_leaves_a_patient_if_switched_so(self, api: Api) -> None:
        book(api, api.patient(), StaffID="D-01")
        api.switch(patient_before_slot=True)

        assert_refused(api.post(NEW, newcomer(StaffID="D-01")), "Slot is already booked")
        assert len(api.control("GET", "patients")["patients"]) == 2
        assert len(api.appointments()) == 1

    def test_a_patient_can_be_made_and_the_slot_always_refused(self, api: Api) -> None:
        api.switch(create_patient_then_refuse_slot=True)

        assert_refused(api.post(NEW, newcomer()), "Slot is already booked")
        patient = api.control("GET", "patients")["patients"][0]["patient_id"]
        assert book(api, patient).status == 200

    def test_its_verb_can_be_get(self, api: Api) -> None:
        api.switch(post_appointment_verb="GET")

        assert api.post(NEW, newcomer()).status == 405
        assert api.get(NEW, **{name: str(value) for name, value in newcomer().items()}).status == 200
        assert len(api.appointments()) == 1


class TestWhatIsWrittenMayDiffer:
    @pytest.mark.parametrize(
        ("wanted", "written"),
        [("10:07", "10:00"), ("10:08", "10:15"), ("10:15", "10:15"), ("23:55", "00:00")],
    )
    def test_starts_can_be_rounded(self, api: Api, wanted: str, written: str) -> None:
        api.switch(round_starts=15)
        made = row(book(api, api.patient(), **slot(f"{TOMORROW}T{wanted}:00", "2026-03-09T10:00:00")))
        assert made["StartDateTime"][11:16] == written

    def test_the_duration_is_kept(self, api: Api) -> None:
        api.switch(round_starts=15)
        made = row(book(api, api.patient(), **slot(f"{TOMORROW}T10:05:00", f"{TOMORROW}T10:35:00")))
        assert made["EndDateTime"] == f"{TOMORROW}T10:30:00"

    @pytest.mark.parametrize(("minutes", "start"), [(-330, "04:30"), (60, "11:00")])
    def test_zones_can_be_shifted(self, api: Api, minutes: int, start: str) -> None:
        api.switch(shift_zones=minutes)
        assert row(book(api, api.patient()))["StartDateTime"] == f"{TOMORROW}T{start}:00"

    def test_a_shift_out_of_all_calendars_is_refused(self, api: Api) -> None:
        api.switch(shift_zones=60)
        answer = book(api, api.patient(), **slot("9999-12-31T23:00:00", "9999-12-31T23:30:00"))
        assert_refused(answer, "Get Operation Failed")
