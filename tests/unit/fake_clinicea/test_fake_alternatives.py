"""The switches for what a real account may do otherwise, and what it tells the outside."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.clinicea import Request
from local.clinicea.records import DEFAULT_SERVICES
from local.clinicea.testing import running_fake
from local.clinicea.worlds import WORLDS
from tests.support.small_server import Reply, SmallServer

from .api import PAGE, PLACES, TOMORROW, Api, newcomer, row, rows, slot, visit
from .sockets import until

KNOWN, NEW, CREATE = "postAppointmentByPatientID", "postAppointment", "createAppointment"
BY_PATIENT, BY_DATE, CHANGES = "getAppointmentsByPatient", "getAppointmentsByDate", "getChanges"
ALL = {"appointmentType": "2", **PAGE}
SERVICE = DEFAULT_SERVICES[0].service_id


def modern(patient: str, **changes: str) -> dict[str, object]:
    return {
        "patientID": patient,
        "clinicID": "C-01",
        "appointmentDateTime": f"{TOMORROW}T04:30:00",
        "appointmentServiceID": SERVICE,
        "serviceType": "0",
        "appointmentType": "0",
        **changes,
    }


class TestZones:
    @pytest.mark.parametrize(
        ("switches", "kept"),
        [({}, "10:00"), ({"writing_zone": "utc"}, "15:30"), ({"writing_zone": "Asia/Dubai"}, "11:30")],
    )
    def test_of_what_is_written(self, api: Api, switches: dict[str, str], kept: str) -> None:
        api.switch(**switches)
        api.post(KNOWN, {"PatientID": api.patient(), **slot()})
        assert api.appointments()[0]["start"] == f"{TOMORROW}T{kept}:00+05:30"

    def test_of_what_is_read(self, api: Api) -> None:
        patient = api.patient(appointments=[visit(start="2026-03-01T02:00:00")])
        api.switch(reading_zone="utc")
        (record,) = rows(api.get(BY_PATIENT, patientID=patient, **ALL))
        assert record["StartDateTime"] == "2026-02-28T20:30:00"
        assert len(rows(api.get(BY_DATE, appointmentDate="2026-02-28", **PAGE))) == 1
        assert row(api.get("getPatientByID", patientID=patient))["LastAppointmentDate"] == "2026-02-28T20:30:00"

    def test_a_staff_member_s_own_holds_for_sessions_only(self, api: Api) -> None:
        patient = api.patient(appointments=[visit(start="2026-03-01T10:00:00")])
        api.switch(staff_zone="Asia/Dubai")
        by_key = rows(api.get(BY_PATIENT, patientID=patient, **ALL))
        by_session = rows(api.get(BY_PATIENT, {}, patientID=patient, api_key=api.token(), **ALL))
        starts = [each["StartDateTime"] for each in (*by_key, *by_session)]
        assert starts == ["2026-03-01T10:00:00", "2026-03-01T08:30:00"]


class TestModernBooking:
    def test_it_takes_utc_and_follows_the_service_s_length(self, api: Api) -> None:
        answer = api.post(CREATE, modern(api.patient()))
        (kept,) = api.appointments()
        assert row(answer) == {"ID": kept["appointment_id"]}
        assert (kept["start"], kept["end"]) == (f"{TOMORROW}T10:00:00+05:30", f"{TOMORROW}T10:30:00+05:30")

    @pytest.mark.parametrize(
        ("changes", "text"),
        [
            ({"patientID": "nobody"}, "Unknown patient"),
            ({"appointmentServiceID": "Consultation"}, "Unknown service"),
            ({"clinicID": "C-99"}, "Unknown clinic"),
            ({"appointmentDateTime": f"{TOMORROW}T04:30:00Z"}, "Get Operation Failed"),
            ({"serviceType": ""}, "serviceType is required"),
        ],
    )
    def test_what_it_refuses(self, api: Api, changes: dict[str, str], text: str) -> None:
        answer = api.post(CREATE, modern(api.patient()) | changes)
        assert (answer.status, answer.text) == (400, text)
        assert api.appointments() == []

    def test_a_body_is_not_looked_at(self, api: Api) -> None:
        api.switch(post_parameters_in_query=False)
        request = Request.with_json("POST", PLACES[CREATE], modern(api.patient()), api.headers)
        assert api.core.handle(request).status == 400

    def test_services_are_listed(self, api: Api) -> None:
        found = rows(api.get("getServicesByClinic", ClinicID="C-01", serviceType="0", searchText="cons", **PAGE))
        assert [(each["ID"], each["DurationTotalInMin"]) for each in found] == [(SERVICE, 30)]


class TestAnswersToBookings:
    @pytest.mark.parametrize("form", ["record", "object", "bare"])
    def test_their_form(self, api: Api, form: str) -> None:
        api.switch(created_answer=form, guid_ids=True)
        value: Any = api.post(KNOWN, {"PatientID": api.patient(), **slot()}).json()
        (kept,) = api.appointments()
        assert kept["appointment_id"] == (value if form == "bare" else value["ID"])
        assert len(kept["appointment_id"]) == 36
        assert ("StartDateTime" in value) == (form == "record")

    def test_saving_errors(self, api: Api) -> None:
        api.switch(saving_errors=True)
        good = row(api.post(KNOWN, {"PatientID": api.patient(), **slot()}))
        bad = row(api.post(KNOWN, {"PatientID": "nobody", **slot()}))
        assert (good["SavingErrorCode"], good["SavingErrorText"]) == ("", "")
        assert (bad["SavingErrorText"], bad["ID"]) == ("Unknown patient", "00000000-0000-0000-0000-000000000000")

    def test_a_locked_calendar(self, api: Api) -> None:
        api.switch(locked_calendar=True)
        patient = api.patient()
        for call, given in ((KNOWN, {"PatientID": patient, **slot()}), (CREATE, modern(patient))):
            assert "locked" in api.post(call, given).text
        assert api.appointments() == []

    def test_half_a_commit(self, api: Api) -> None:
        api.switch(half_commit_seconds=60)
        assert api.post(NEW, newcomer()).status == 500
        (patient,) = api.control("GET", "patients")["patients"]
        assert api.get(BY_PATIENT, patientID=patient["patient_id"], **ALL).status == 204
        api.clock.advance(seconds=60)
        assert len(rows(api.get(BY_PATIENT, patientID=patient["patient_id"], **ALL))) == 1


class TestReads:
    def test_lag(self, api: Api) -> None:
        api.switch(read_lag_seconds=5)
        api.post(NEW, newcomer())
        search = {"patmobile": "9999900003", "countrycode": "+91"}
        assert api.get("searchPatientByMobileNumber", **search).status == 204
        assert api.get(BY_DATE, appointmentDate=TOMORROW, **PAGE).status == 204
        api.clock.advance(seconds=5)
        assert api.get("searchPatientByMobileNumber", **search).status == 200
        assert len(rows(api.get(BY_DATE, appointmentDate=TOMORROW, **PAGE))) == 1

    def test_a_new_appointment_may_be_modified_at_once(self, api: Api) -> None:
        api.patient(appointments=[visit()])
        for switched, word in ((False, "Added"), (True, "Modified")):
            api.switch(new_is_modified=switched)
            assert rows(api.get(CHANGES, lastSyncDTime="2026-03-01", **PAGE))[0]["DataStatusValue"] == word

    def test_status_words(self, api: Api) -> None:
        patient = api.patient(appointments=[visit(status="Check Out"), visit(status="No Show")])
        api.switch(status_words={"Check Out": "Checked Out"})
        found = rows(api.get(BY_PATIENT, patientID=patient, **ALL))
        assert [each["AppointmentStatus"] for each in found] == ["Checked Out", "No Show"]

    def test_percent_encoded_colons_are_refused_where_switched_so(self, api: Api) -> None:
        for name, allowed in (("lastSyncDTime", False), ("other", True)):
            api.switch(refused_colons=[name])
            answer = api.get(CHANGES, lastSyncDTime="2026-03-01T00:00:00", **PAGE)
            assert answer.status in (204, 400)
            assert (answer.status == 400) == (not allowed)

    @pytest.mark.parametrize(("form", "code"), [("digits", "91"), ("plus", "+91"), ("zeros", "0091")])
    def test_the_form_of_the_dialling_code(self, api: Api, form: str, code: str) -> None:
        api.patient()
        api.switch(country_code_form=form)
        for written in ("91", "+91", "0091"):
            for call, query in (
                ("searchPatientByMobileNumber", {"patmobile": "9999900001", "countrycode": written}),
                ("getPatient", {"searchBy": "2", "searchText": "9999900001", "searchOption": written}),
            ):
                assert (api.get(call, **query).status == 200) == (written == code)


class TestToldOutside:
    def test_messages_to_patients_are_counted(self, api: Api) -> None:
        booked = row(api.post(KNOWN, {"PatientID": api.patient(), **slot()}))["ID"]
        api.control("POST", "move", {"appointment_id": booked, "start": f"{TOMORROW}T12:00:00"})
        api.control("POST", "cancel", {"appointment_id": booked})
        told = api.control("GET", "notifications")["notifications"]
        assert [each["operation"] for each in told] == ["Add", "Edit", "Cancel"]
        api.switch(notifications=False)
        api.post(KNOWN, {"PatientID": api.patient(), **slot()})
        assert len(api.control("GET", "notifications")["notifications"]) == 3

    def test_web_hooks_are_told_what_happened(self) -> None:
        with SmallServer(lambda _request: Reply(200, b"{}")) as receiver, running_fake(sample=True) as fake:
            hooks = {name: f"{receiver.url}/hooks/{name.lower()}" for name in ("Add", "Edit", "Cancel", "Delete")}
            fake.switch(webhooks=hooks)
            fake.move("A-06", "2031-03-10T10:00:00")
            fake.cancel("A-06")
            fake.cancel("A-08", delete=True)
            assert until(lambda: len(receiver.seen) == 3)
            told = {seen.path: json.loads(seen.body) for seen in receiver.seen}
        assert set(told) == {"/hooks/edit", "/hooks/cancel", "/hooks/delete"}
        assert told["/hooks/edit"]["Data"]["StartDateTime"] == "2031-03-10T10:00:00"

    def test_one_that_cannot_be_told_harms_nothing(self) -> None:
        with running_fake(sample=True) as fake:
            fake.switch(webhooks={"Cancel": "http://127.0.0.1:1/hook"})
            fake.cancel("A-06")
            assert len(fake.appointments()) == 8

    @pytest.mark.parametrize("url", ["https://127.0.0.1:1/", "http://example.com:80/", "http://127.0.0.1/", ""])
    def test_only_this_machine_is_told(self, api: Api, url: str) -> None:
        answer = api.core.handle(Request.with_json("POST", "/_control/switches", {"webhooks": {"Add": url}}))
        assert answer.status == 400


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_holds_through_a_reset(name: str) -> None:
    world = WORLDS[name]
    with running_fake(switches=world.switches) as fake:
        fake.switch(locked_calendar=True)
        fake.reset()
        now = fake.core.switches.as_json()
    assert now["locked_calendar"] is False
    assert {switch: now[switch] for switch in world.switches} == world.switches
