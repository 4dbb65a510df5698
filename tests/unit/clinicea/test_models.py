"""Patients and appointments out of Clinicea's records: tolerant, and never a guess."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.clinicea import Appointment, Patient, Status
from convox_clinicea.clinicea.models import appointment_from, parse_time, patient_from
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.privacy import PersonalDate, PersonalText
from tests.support.clients import call_table
from tests.support.properties import PROPERTY, json_values

TABLE = call_table()
GUID = "41a0c5de-0000-4000-8000-00000000ab41"
INDIA = ZoneInfo("Asia/Kolkata")
CLINICS = Clinics.from_document(
    {"schema": 1, "clinics": [{"clinic_id": "C-09", "time_zone": "Asia/Dubai"}]}, "Asia/Kolkata"
)


def patient(**record: Any) -> Patient:
    read = patient_from({"ID": "P-1", **record}, TABLE, INDIA)
    assert read is not None
    return read


def appointment(**record: Any) -> Appointment:
    read = appointment_from({"ID": "A-1", **record}, TABLE, CLINICS)
    assert read is not None
    return read


class TestPatient:
    def test_a_full_record_is_read(self) -> None:
        read = patient(
            FileNo=12,
            FullName="Meera Samplewala",
            Mobile="9999900001",
            MobileCountryCode="+91",
            Gender="Female",
            DOB="1988-04-17T00:00:00",
            Email="meera@example.com",
            Address1="7 Imaginary Lane",
            Address2="",
            City="Bengaluru",
            LastAppointmentDate="2030-12-24T10:00:00",
            Unknown={"whatever": []},
        )
        assert (read.patient_id, read.file_no, read.country_code, read.gender) == (
            "P-1",
            PersonalText("12"),
            "+91",
            PersonalText("Female"),
        )
        assert read.address == PersonalText("7 Imaginary Lane, Bengaluru")
        assert read.date_of_birth == PersonalDate(date(1988, 4, 17))
        assert (read.email, read.mobile) == (PersonalText("meera@example.com"), PersonalText("9999900001"))
        assert read.last_visit == PersonalDate(date(2030, 12, 24))

    @pytest.mark.parametrize("name", ["ID", "PatientID", "EntityID", "patientid"])
    @pytest.mark.parametrize("value", ["P-1", 41])
    def test_its_id_has_several_names_and_types(self, name: str, value: object) -> None:
        read = patient_from({name: value}, TABLE, INDIA)
        assert read is not None
        assert read.patient_id == str(value)

    @pytest.mark.parametrize(
        "record",
        [{}, {"ID": ""}, {"ID": None}, {"ID": 0}, {"ID": True}, {"ID": []}, {"FullName": "Meera"}],
        ids=str,
    )
    def test_without_a_usable_id_there_is_no_patient(self, record: dict[str, Any]) -> None:
        assert patient_from(record, TABLE, INDIA) is None

    @pytest.mark.parametrize(
        ("record", "name"),
        [
            ({"FullName": "Meera Samplewala", "FirstName": "M"}, "Meera Samplewala"),
            ({"Name": "Meera"}, "Meera"),
            ({"FirstName": "Meera", "LastName": "Samplewala"}, "Meera Samplewala"),
            ({"LastName": "Samplewala"}, "Samplewala"),
            ({"FullName": "", "FirstName": " Meera "}, "Meera"),
            ({"FullName": " ", "Name": "Meera S."}, "Meera S."),
            ({"FirstName": "Meera", "MiddleName": "K", "LastName": "Samplewala"}, "Meera K Samplewala"),
        ],
    )
    def test_its_full_name_is_what_there_is_of_it(self, record: dict[str, Any], name: str) -> None:
        assert patient(**record).full_name == PersonalText(name)

    def test_without_any_name_there_is_none(self) -> None:
        assert patient().full_name is None

    @pytest.mark.parametrize("name", ["PatientID", "EntityID"])
    @pytest.mark.parametrize("unset", [0, "0", "", -1, None, "00000000-0000-0000-0000-000000000000", False])
    def test_an_id_that_is_not_set_hides_no_good_one(self, name: str, unset: object) -> None:
        assert patient(**{"ID": unset, name: "P-41"}).patient_id == "P-41"

    @pytest.mark.parametrize(
        ("written", "handed_out"),
        [
            (41.0, "41"),
            ("41.0", "41"),
            (f"{{{GUID}}}", GUID),
            (f"({GUID.upper()})", GUID.upper()),
            (GUID.upper(), GUID.upper()),
            ("041", "041"),
            ("P-41", "P-41"),
        ],
    )
    def test_id_is_returned_as_written_except_unusable_characters(self, written: object, handed_out: str) -> None:
        assert patient(ID=written).patient_id == handed_out

    @pytest.mark.parametrize("zeros", ["{00000000-0000-0000-0000-000000000000}", "0" * 32, "0.0", 0.0, "-1", "-1.0"])
    def test_an_unset_id_is_none_in_every_form(self, zeros: object) -> None:
        assert patient_from({"ID": zeros}, TABLE, INDIA) is None

    @pytest.mark.parametrize(
        ("written", "shown"),
        [("M", "Male"), ("F", "Female"), ("f.", "Female"), ("Female", "Female"), ("MALE", "MALE"), ("Other", "Other")],
    )
    def test_its_gender_is_a_word(self, written: str, shown: str) -> None:
        assert patient(Gender=written).gender == PersonalText(shown)

    @pytest.mark.parametrize(
        ("written", "day"),
        [
            ("1988-04-17", date(1988, 4, 17)),
            ("1988-04-17T00:00:00", date(1988, 4, 17)),
            ("1988-04-17T14:30:00", date(1988, 4, 17)),
            ("1988-04-17T00:00:00Z", date(1988, 4, 17)),
            ("1988-04-17T00:00:00.000+05:30", date(1988, 4, 17)),
            ("1988-04-16T18:30:00Z", date(1988, 4, 17)),
            ("1988-04-16T18:30:00.0000000Z", date(1988, 4, 17)),
            ("1988-04-16T14:25:00Z", None),
            ("1901-01-01", date(1901, 1, 1)),
        ],
    )
    def test_the_day_of_birth_is_that_of_the_midnight_that_was_meant(self, written: str, day: date | None) -> None:
        assert patient(DOB=written).date_of_birth == PersonalDate.wrap(day)

    def test_the_last_visit_is_on_the_day_of_the_clinics(self) -> None:
        assert patient(LastAppointmentDate="2030-12-24T20:00:00Z").last_visit == PersonalDate(date(2030, 12, 25))

    @pytest.mark.parametrize(
        "unset",
        [
            "0001-01-01T00:00:00", "0001-01-01", "1753-01-01T00:00:00", "1899-12-30", "1899-12-31T00:00:00",
            "1900-01-01", "1900-01-01T00:00:00Z", "9999-12-31", "9999-12-31T23:59:59.9999999",
            "", None, "17/04/1988", 19880417, {},
        ],
    )  # fmt: skip
    def test_an_unset_or_unreadable_date_is_none(self, unset: object) -> None:
        read = patient(DOB=unset, LastAppointmentDate=unset)
        assert (read.date_of_birth, read.last_visit) == (None, None)

    def test_half_a_character_in_a_name_loses_no_patient(self) -> None:
        assert patient(FullName="Meera \ud83d").full_name == PersonalText("Meera ?")

    def test_it_prints_no_person(self) -> None:
        read = patient(
            FullName="Canarina", Mobile="9999900042", Email="c@example.com", Address1="Street", DOB="1987-06-05"
        )
        for shown in (str(read), repr(read), read.model_dump_json()):
            assert not any(text in shown for text in ("Canarina", "9999900042", "c@example", "Street", "1987"))


class TestAppointment:
    def test_a_full_record_is_read(self) -> None:
        read = appointment(
            PatientID="P-1",
            StartDateTime="2031-03-03T10:00:00",
            EndDateTime="2031-03-03T10:30:00",
            AppointmentStatus="Check Out",
            CancellationReason=None,
            ServiceName="",
            ServiceCategory="Consultation",
            DoctorName="Anika Inventedova",
            ClinicName="Example Clinic",
            ClinicAddress1="1 Invented Street",
            ClinicCity="Bengaluru",
        )
        assert read.start == datetime(2031, 3, 3, 4, 30, tzinfo=UTC)
        assert read.end == datetime(2031, 3, 3, 5, 0, tzinfo=UTC)
        assert (read.status, read.practitioner) == (Status.CHECKED_OUT, "Anika Inventedova")
        assert read.service is not None
        assert read.service.reveal() == "Consultation"
        assert (read.clinic_name, read.clinic_address) == ("Example Clinic", "1 Invented Street, Bengaluru")

    def test_what_is_treated_is_personal(self) -> None:
        read = appointment(ServiceName="Canary cure")
        assert not any("Canary" in shown for shown in (str(read), repr(read), read.model_dump_json()))

    def test_its_times_are_those_of_its_clinic(self) -> None:
        read = appointment(ClinicID="C-09", StartDateTime="2031-03-03T10:00:00")
        assert read.start == datetime(2031, 3, 3, 6, 0, tzinfo=UTC)

    def test_practitioners_name_is_joined_from_its_parts(self) -> None:
        assert appointment(StaffFirstName="Anika", StaffLastName="I.").practitioner == "Anika I."
        assert appointment(StaffTitle="Dr.", StaffFirstName="Anika", StaffLastName="I.").practitioner == "Dr. Anika I."
        assert appointment(DoctorName="", StaffTitle="Dr.", StaffLastName="I.").practitioner == "Dr. I."
        assert appointment(DoctorName="A. I.", StaffTitle="Dr.", StaffLastName="I.").practitioner == "A. I."
        assert appointment(StaffTitle="Dr.", StaffFirstName="", StaffLastName=None).practitioner is None

    @pytest.mark.parametrize("unset", [0, "", None, "00000000-0000-0000-0000-000000000000"])
    def test_an_id_that_is_not_set_hides_no_good_one(self, unset: object) -> None:
        read = appointment(ID=unset, AppointmentID="A-7", StaffID=unset, DoctorID="D-01")
        assert (read.appointment_id, read.practitioner_id) == ("A-7", "D-01")

    @pytest.mark.parametrize("unset", ["", 0, "00000000-0000-0000-0000-000000000000", None])
    def test_reference_ids_that_are_not_set_are_none(self, unset: object) -> None:
        read = appointment(PatientID=unset, StaffID=unset, ClinicID=unset)
        assert (read.patient_id, read.practitioner_id, read.clinic_id) == (None, None, None)

    @pytest.mark.parametrize("unset", ["", 0, None, False, "00000000-0000-0000-0000-000000000000"])
    def test_without_a_usable_id_there_is_no_appointment(self, unset: object) -> None:
        assert appointment_from({"ID": unset}, TABLE, CLINICS) is None


class TestTimes:
    def test_a_time_without_an_offset_is_local(self) -> None:
        assert parse_time("2031-03-03T10:00:00", INDIA) == datetime(2031, 3, 3, 10, tzinfo=INDIA)

    def test_a_time_with_an_offset_keeps_its_instant(self) -> None:
        read = parse_time("2031-03-03T10:00:00Z", INDIA)
        assert read == datetime(2031, 3, 3, 10, tzinfo=UTC)
        assert read is not None
        assert read.tzinfo is INDIA

    @pytest.mark.parametrize(
        "text", ["", "tomorrow", "/Date(1898000000)/", "9999-12-31T23:59:59-14:00", "2031-13-01", None]
    )
    def test_what_cannot_be_read_is_none(self, text: object) -> None:
        assert parse_time(text, INDIA) is None


names = st.sampled_from(
    sorted({n for group in (TABLE.patient_fields, TABLE.appointment_fields) for s in group.values() for n in s})
)


@PROPERTY
@given(st.dictionaries(names | st.text(max_size=5), json_values, max_size=8))
def test_no_record_makes_reading_fail(record: dict[str, Any]) -> None:
    for read in (patient_from(record, TABLE, INDIA), appointment_from(record, TABLE, CLINICS)):
        assert read is None or read.model_dump_json()
