"""The calls that read appointments, and what their answers look like."""

from urllib.parse import urlencode

import pytest

from local.clinicea import Request

from .api import PAGE, PLACES, TOMORROW, Api, row, rows, slot, visit

PAST = "getPatientPastCompletedAppointment"
BY_PATIENT = "getAppointmentsByPatient"
BY_DATE = "getAppointmentsByDate"


GUID = "41a0c5de-0000-4000-8000-00000000ab41"


@pytest.mark.parametrize("written", [GUID, GUID.upper(), f"{{{GUID}}}"])
def test_a_guid_is_read_in_any_form_and_shown_as_it_is_kept(api: Api, written: str) -> None:
    patient = api.patient(patient_id=GUID, appointments=[visit()])

    found = rows(api.get(BY_PATIENT, patientID=written, appointmentType=2, pageNo=1, pageSize=10))
    assert [each["PatientID"] for each in found] == [patient]
    assert api.get(BY_PATIENT, patientID=GUID[:-1] + "2", appointmentType=2, pageNo=1, pageSize=10).status == 204


class TestPastCompletedAppointments:
    @pytest.mark.parametrize("spelling", ["Check Out", "CheckedOut", "Checked-Out", "checked_out", "Completed"])
    def test_every_spelling_of_checked_out_counts_and_is_kept(self, api: Api, spelling: str) -> None:
        patient = api.patient(appointments=[visit(status=spelling)])
        assert [each["AppointmentStatus"] for each in rows(api.get(PAST, patientID=patient))] == [spelling]

    @pytest.mark.parametrize("status", ["NoShow", "Cancelled", "Scheduled", "Checked In"])
    def test_other_statuses_do_not(self, api: Api, status: str) -> None:
        patient = api.patient(appointments=[visit(status=status)])
        assert api.get(PAST, patientID=patient).status == 204

    def test_the_clinic_and_its_address_are_told(self, api: Api) -> None:
        patient = api.patient(appointments=[visit()])
        found = rows(api.get(PAST, patientID=patient))[0]
        assert found["ClinicID"] == "C-01"
        assert found["ClinicName"] == "Example Clinic Indiranagar"
        assert found["ClinicAddress"] == "1 Invented Street, Indiranagar, Bengaluru, Karnataka 560000"

    def test_the_clinic_can_be_left_out(self, api: Api) -> None:
        patient = api.patient(appointments=[visit()])
        api.switch(clinic_fields=False)
        assert not any(name.startswith("Clinic") for name in rows(api.get(PAST, patientID=patient))[0])

    def test_they_are_not_sorted(self, api: Api) -> None:
        days = ["2026-01-10", "2026-02-10", "2026-01-20"]
        patient = api.patient(appointments=[visit(start=f"{day}T10:00:00") for day in days])
        assert [each["StartDateTime"][:10] for each in rows(api.get(PAST, patientID=patient))] == days

    def test_one_of_them_is_an_object_if_switched_so(self, api: Api) -> None:
        patient = api.patient(appointments=[visit()])
        api.switch(single_appointments=True)
        assert row(api.get(PAST, patientID=patient))["IsServiceCompleted"] is True

    def test_an_unknown_patient_has_none(self, api: Api) -> None:
        assert api.get(PAST, patientID="nobody").status == 204

    def test_the_patient_is_required(self, api: Api) -> None:
        assert api.get(PAST).text == "patientID is required"


class TestAppointmentsOfAPatient:
    @pytest.fixture
    def patient(self, api: Api) -> str:
        ahead = f"{TOMORROW}T10:00:00"
        visits = [visit(), visit(start=ahead, status="Scheduled"), visit(start=ahead, status="Cancelled")]
        return api.patient(appointments=visits)

    @pytest.mark.parametrize(
        ("kind", "statuses"),
        [("0", ["Scheduled"]), ("1", ["Check Out"]), ("2", ["Check Out", "Scheduled", "Cancelled"])],
    )
    def test_the_type_says_which(self, api: Api, patient: str, kind: str, statuses: list[str]) -> None:
        found = rows(api.get(BY_PATIENT, patientID=patient, appointmentType=kind, **PAGE))
        assert [each["AppointmentStatus"] for each in found] == statuses

    def test_an_unknown_type_is_a_plain_400(self, api: Api, patient: str) -> None:
        assert api.get(BY_PATIENT, patientID=patient, appointmentType="3", **PAGE).status == 400

    def test_an_unknown_patient_has_none(self, api: Api) -> None:
        assert api.get(BY_PATIENT, patientID="nobody", appointmentType="2", **PAGE).status == 204

    def test_ids_of_clinic_and_practitioner_are_not_told(self, api: Api, patient: str) -> None:
        found = rows(api.get(BY_PATIENT, patientID=patient, appointmentType="2", **PAGE))[0]
        assert not {"ClinicID", "StaffID"} & set(found)

    def test_they_are_if_switched_so(self, api: Api, patient: str) -> None:
        api.switch(reference_ids=True)
        found = rows(api.get(BY_PATIENT, patientID=patient, appointmentType="2", **PAGE))[0]
        assert (found["ClinicID"], found["StaffID"]) == ("C-01", None)

    def test_the_practitioner_is_told_by_name(self, api: Api) -> None:
        patient = api.patient(appointments=[visit(practitioner_id="D-01")])
        found = rows(api.get(BY_PATIENT, patientID=patient, appointmentType="2", **PAGE))[0]
        names = (found["StaffFirstName"], found["StaffLastName"], found["DoctorName"])
        assert names == ("Anika", "Inventedova", "Anika Inventedova")

    def test_notes_are_told_unless_switched_off(self, api: Api) -> None:
        patient = api.patient(appointments=[visit(notes="bring reports")])
        query = {"patientID": patient, "appointmentType": "2", **PAGE}
        assert rows(api.get(BY_PATIENT, **query))[0]["Notes"] == "bring reports"

        api.switch(omit_notes=True)
        assert "Notes" not in rows(api.get(BY_PATIENT, **query))[0]


class TestPages:
    @pytest.fixture
    def patient(self, api: Api) -> str:
        return api.patient(appointments=[visit(service=f"number {each}") for each in range(25)])

    def services(self, api: Api, patient: str, number: str, size: str) -> list[str]:
        query = {"patientID": patient, "appointmentType": "2", "pageNo": number, "pageSize": size}
        return [each["ServiceName"] for each in rows(api.get(BY_PATIENT, **query))]

    def test_pages_follow_each_other(self, api: Api, patient: str) -> None:
        found = [name for page in ("1", "2", "3") for name in self.services(api, patient, page, "10")]
        assert found == [f"number {each}" for each in range(25)]

    def test_a_page_behind_the_last_is_204(self, api: Api, patient: str) -> None:
        query = {"patientID": patient, "appointmentType": "2", "pageNo": "4", "pageSize": "10"}
        assert api.get(BY_PATIENT, **query).status == 204

    @pytest.mark.parametrize(
        ("number", "size"),
        [("0", "10"), ("-1", "10"), ("1", "9"), ("", "10"), ("1", ""), ("one", "10"), ("1", "1.5")],
    )
    def test_bad_paging_is_a_plain_400(self, api: Api, patient: str, number: str, size: str) -> None:
        query = {"patientID": patient, "appointmentType": "2", "pageNo": number, "pageSize": size}
        answer = api.get(BY_PATIENT, **query)
        assert (answer.status, answer.content_type) == (400, "text/plain; charset=utf-8")

    def test_long_pages_can_be_cut_silently(self, api: Api, patient: str) -> None:
        api.switch(max_page_size=10)
        assert len(self.services(api, patient, "1", "100")) == 10


class TestAppointmentsOfADay:
    def test_all_patients_and_clinics_of_that_day(self, api: Api) -> None:
        api.patient(appointments=[visit(), visit(start="2026-02-28T23:59:00")])
        api.patient(first_name="Diya", appointments=[visit(clinic_id="C-02", start="2026-03-01T00:00:00")])
        found = rows(api.get(BY_DATE, appointmentDate="2026-03-01", **PAGE))
        assert [each["PatientFirstName"] for each in found] == ["Meera", "Diya"]

    def test_records_bear_no_address(self, api: Api) -> None:
        api.patient(appointments=[visit()])
        found = rows(api.get(BY_DATE, appointmentDate="2026-03-01", **PAGE))[0]
        assert not [name for name in found if "Address" in name or name.startswith("Clinic")]
        assert "AppointmentID" in found
        assert "ID" not in found

    @pytest.mark.parametrize(
        "date",
        [
            "2026-03-01T00:00:00",
            "2026-03-01T00:00:00Z",
            "2026-03-01T00:00:00.000",
            "2026-03-01T00:00:00+05:30",
            "2026-03-01 00:00:00",
            "2026-3-1",
            "2026-02-30",
            "tomorrow",
        ],
    )
    def test_any_other_form_of_a_date_is_refused(self, api: Api, date: str) -> None:
        answer = api.get(BY_DATE, appointmentDate=date, **PAGE)
        assert (answer.status, answer.text) == (400, "Get Operation Failed")
        assert answer.content_type == "text/plain; charset=utf-8"


class TestChanges:
    def changes(self, api: Api, since: str) -> list[tuple[str, str]]:
        sent = urlencode({"lastSyncDTime": since, **PAGE}, safe=":")
        answer = api.core.handle(Request.to("GET", f"{PLACES['getChanges']}?{sent}", api.headers))
        if answer.status == 204:
            return []
        return [(each["ServiceName"], each["DataStatusValue"]) for each in rows(answer)]

    def test_added_modified_and_deleted_ones_are_told(self, api: Api) -> None:
        visits = [visit(service=name, appointment_id=name) for name in ("kept", "cancelled", "deleted")]
        api.patient(appointments=visits)
        api.clock.advance(minutes=1)
        api.control("POST", "cancel", {"appointment_id": "cancelled", "reason": "Patient asked"})
        api.control("POST", "cancel", {"appointment_id": "deleted", "delete": True})

        assert self.changes(api, "2026-03-02T06:00:00") == [
            ("kept", "Added"),
            ("cancelled", "Modified"),
            ("deleted", "Deleted"),
        ]

    def test_only_those_since_that_time(self, api: Api) -> None:
        api.patient(appointments=[visit(service="early")])
        api.clock.advance(minutes=5)
        api.patient(appointments=[visit(service="late")])

        assert self.changes(api, "2026-03-02T06:01:00") == [("late", "Added")]
        assert self.changes(api, "2026-03-02T06:06:00") == []

    def test_future_appointments_are_included(self, api: Api) -> None:
        patient = api.patient()
        api.post("postAppointmentByPatientID", {"PatientID": patient, **slot(ServiceName="ahead")})
        assert self.changes(api, "0001-01-01T00:00:00") == [("ahead", "Added")]

    def test_a_deleted_one_is_in_no_other_answer(self, api: Api) -> None:
        patient = api.patient(appointments=[visit(appointment_id="A-9")])
        api.control("POST", "cancel", {"appointment_id": "A-9", "delete": True})

        assert api.get(BY_PATIENT, patientID=patient, appointmentType="2", **PAGE).status == 204
        assert api.get(BY_DATE, appointmentDate="2026-03-01", **PAGE).status == 204
        assert api.get(PAST, patientID=patient).status == 204
