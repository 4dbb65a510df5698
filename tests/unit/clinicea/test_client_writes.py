"""The client's writes: what a booking says to Clinicea."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from convox_clinicea.clinicea import CreatedAppointment, connect
from convox_clinicea.clinicea.wire import WireAnswer, WireRequest
from convox_clinicea.deployment_documents import Clinics
from tests.support.canaries import MOBILE, PATIENT_ID, leaks, new_appointment, new_patient
from tests.support.clients import UNUSED, Scripted, answer, credentials, scripted_client, within
from tests.support.clock import VirtualClock

CREATED = answer({"ID": "A-1", "PatientID": "P-77", "StartDateTime": "2031-03-10T10:00:00"})


def echo(request: WireRequest) -> WireAnswer:
    """The record of what was sent."""
    return answer({"ID": "A-1", **request.query})


def test_known_patients_appointment_is_in_the_words_of_clinicea() -> None:
    transport = Scripted(CREATED)
    created = scripted_client(transport).post_appointment_by_patient_id(PATIENT_ID, new_appointment(), within(9))
    assert created == CreatedAppointment(appointment_id="A-1", patient_id="P-77", shown=True)
    (request,) = transport.sent
    assert (request.verb, request.path) == ("POST", "/api/v1/appointments/postAppointmentByPatientID")
    assert request.query == {
        "PatientID": "P-77",
        "ClinicID": "C-01",
        "StartDateTime": "2031-03-10T10:00:00",
        "EndDateTime": "2031-03-10T10:30:00",
        "StaffID": "D-01",
        "ServiceName": "Consultation",
        "Mobile": "+919999900042",
        "Notes": "Canary notes: allergic to seed",
    }
    assert (request.document, request.form, request.body) == (None, None, None)


def test_a_new_patient_s_says_who_it_is() -> None:
    transport = Scripted(CREATED)
    scripted_client(transport).post_appointment(new_patient(), new_appointment(), within(9))
    (request,) = transport.sent
    assert request.path == "/api/v1/appointments/postAppointment"
    assert {name: request.query[name] for name in ("FirstName", "LastName", "Mobile", "MobileCountryCode")} == {
        "FirstName": "Canarina",
        "LastName": "Vogelwala",
        "Mobile": "9999900042",
        "MobileCountryCode": "+91",
    }
    assert request.query["Gender"] == "Female"
    assert request.query["DOB"] == "1987-06-05T00:00:00"
    assert request.query["Email"] == "canarina.vogelwala@example.com"


def test_what_is_not_known_is_not_sent() -> None:
    transport = Scripted(CREATED)
    somebody = new_patient().model_copy(update=dict.fromkeys(("last_name", "gender", "date_of_birth", "email")))
    sometime = replace(new_appointment(), practitioner_id=None, service=None, mobile=None, notes=None)
    client = scripted_client(transport)
    client.post_appointment(somebody, sometime, within(9))
    client.post_appointment_by_patient_id(PATIENT_ID, sometime, within(9))
    new, known = (set(request.query) for request in transport.sent)
    assert new == {"FirstName", "Mobile", "MobileCountryCode", "ClinicID", "StartDateTime", "EndDateTime"}
    assert known == {"PatientID", "ClinicID", "StartDateTime", "EndDateTime"}


def test_times_are_sent_in_the_clinic_s_own_zone() -> None:
    dubai = {"clinic_id": "C-09", "time_zone": "Asia/Dubai"}
    clinics = Clinics.from_document({"schema": 1, "clinics": [dubai]}, "Asia/Kolkata")
    transport = Scripted(echo)
    client = connect(UNUSED, credentials=credentials, clinics=clinics, clock=VirtualClock(), transport=transport)
    ten_in_tokyo = datetime(2031, 3, 10, 10, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
    for clinic_id in ("C-09", "C-01"):
        client.post_appointment_by_patient_id(
            PATIENT_ID, new_appointment(start=ten_in_tokyo, clinic_id=clinic_id), within(9)
        )
    starts = [request.query["StartDateTime"] for request in transport.sent]
    assert starts == ["2031-03-10T05:00:00", "2031-03-10T06:30:00"]


def test_an_answer_may_write_its_times_as_the_call_table_does() -> None:
    for form in ("%d/%m/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p"):
        client = scripted_client(Scripted(echo), table={"times": {"stamp": form}})
        assert client.post_appointment(new_patient(), new_appointment(), within(9)).appointment_id == "A-1"


def test_an_answer_in_iso_is_understood_whatever_was_sent() -> None:
    client = scripted_client(Scripted(CREATED), table={"times": {"stamp": "%d/%m/%Y %H:%M:%S"}})
    assert client.post_appointment(new_patient(), new_appointment(), within(9)).appointment_id == "A-1"


def test_names_in_any_script_survive() -> None:
    transport = Scripted(CREATED)
    named = new_patient().model_copy(update={"first_name": type(new_patient().first_name)("मीरा")})
    scripted_client(transport, table={"calls": {"postAppointment": {"style": "json"}}}).post_appointment(
        named, new_appointment(), within(9)
    )
    assert "मीरा".encode() in (transport.sent[0].body or b"")


def test_nothing_that_is_handed_over_prints_a_person() -> None:
    transport = Scripted(CREATED)
    created = scripted_client(transport).post_appointment(new_patient(), new_appointment(), within(9))
    shown = f"{new_patient()} {new_appointment()} {transport.sent[0]!r} {CREATED!r} {created!r} {MOBILE!r}"
    assert leaks(shown) == []
