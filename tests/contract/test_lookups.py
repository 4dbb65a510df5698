"""Looking patients and appointments up, under both authentication schemes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import get_args

import pytest

from convox_clinicea.clinicea import Clinicea, Status, errors
from convox_clinicea.clinicea.http import Scheme
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalText
from local.clinicea.auth import LOCAL_LIMITED_KEY
from local.clinicea.testing import RunningFake
from tests.support.clients import client_for, credentials, within

MEERA = Mobile("91", "9999900001")
FAMILY = Mobile("91", "9999900002")
NOBODY = Mobile("91", "9999900099")


@pytest.fixture(params=get_args(Scheme))
def client(fake: RunningFake, request: pytest.FixtureRequest) -> Clinicea:
    return client_for(fake.url, scheme=request.param)


class TestSearch:
    def test_a_patient_is_found_with_every_detail(self, client: Clinicea) -> None:
        (found,) = client.search_patient_by_mobile_number(MEERA, within(9))
        assert (found.patient_id, found.file_no, found.country_code) == ("P-01", PersonalText("F0001"), "+91")
        assert found.full_name is not None
        assert found.full_name.reveal() == "Meera Samplewala"
        assert found.date_of_birth is not None
        assert found.date_of_birth.reveal() == date(1988, 4, 17)
        assert found.address is not None
        assert found.address.reveal() == "7 Imaginary Lane, Indiranagar, Bengaluru, Karnataka, 560000"
        assert found.last_visit is not None

    def test_a_family_that_shares_a_number_is_found_whole(self, client: Clinicea) -> None:
        found = client.search_patient_by_mobile_number(FAMILY, within(9))
        assert {patient.patient_id for patient in found} == {"P-02", "P-03"}

    def test_an_unset_birth_date_is_none(self, client: Clinicea) -> None:
        found = client.search_patient_by_mobile_number(FAMILY, within(9))
        assert {patient.patient_id: patient.date_of_birth is None for patient in found} == {"P-02": False, "P-03": True}

    @pytest.mark.parametrize("form", ["204", "404", "list"])
    def test_nobody_is_an_empty_list_in_every_form_of_nothing(
        self, fake: RunningFake, client: Clinicea, form: str
    ) -> None:
        fake.switch(empty_answer=form)
        assert client.search_patient_by_mobile_number(NOBODY, within(9)) == []

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (200, "null"),
            (200, ""),
            (200, '"No record found"'),
            (400, "No patient found"),
            (404, '{"Message":"No patient found."}'),
        ],
    )
    def test_nobody_is_found_however_it_is_said(
        self, fake: RunningFake, client: Clinicea, status: int, body: str
    ) -> None:
        fake.fault("searchPatientByMobileNumber", "status", status=status, body=body, count=1)
        assert client.search_patient_by_mobile_number(NOBODY, within(9)) == []

    @pytest.mark.parametrize("body", ["Get Operation Failed", "patmobile is required", "", "No patient"])
    def test_another_400_is_not_taken_for_nobody(self, fake: RunningFake, client: Clinicea, body: str) -> None:
        fake.fault("searchPatientByMobileNumber", "status", status=400, body=body, count=1)
        with pytest.raises(errors.Rejected):
            client.search_patient_by_mobile_number(NOBODY, within(9))

    @pytest.mark.parametrize("single", [True, False], ids=["bare object", "array of one"])
    def test_one_patient_comes_in_either_form(self, fake: RunningFake, client: Clinicea, single: bool) -> None:
        fake.switch(single_objects=single)
        assert len(client.search_patient_by_mobile_number(MEERA, within(9))) == 1


class TestPastCompleted:
    @pytest.mark.parametrize("word", ["Check Out", "Checked Out", "CheckedOut", "Completed"])
    def test_checked_out_visits_in_any_spelling_newest_first(
        self, fake: RunningFake, client: Clinicea, word: str
    ) -> None:
        fake.switch(status_words={"Check Out": word})
        found = client.past_completed_appointments("P-01", within(9))
        assert [each.appointment_id for each in found] == ["A-02", "A-03", "A-01"]
        assert {each.status for each in found} == {Status.CHECKED_OUT}

    def test_visits_show_the_clinics_name_and_address_if_given(self, fake: RunningFake, client: Clinicea) -> None:
        newest = client.past_completed_appointments("P-01", within(9))[0]
        assert newest.clinic_name == "Example Clinic Andheri"
        assert newest.clinic_address is not None
        assert "Mumbai" in newest.clinic_address

        fake.switch(clinic_fields=False)
        assert client.past_completed_appointments("P-01", within(9))[0].clinic_name is None

    def test_a_single_visit_may_be_the_bare_object(self, fake: RunningFake, client: Clinicea) -> None:
        fake.switch(single_appointments=True)
        assert len(client.past_completed_appointments("P-02", within(9))) == 1

    @pytest.mark.parametrize("form", ["204", "404", "list"])
    @pytest.mark.parametrize("patient_id", ["P-03", "P-unknown"])
    def test_without_visits_or_patient_there_are_none(
        self, fake: RunningFake, client: Clinicea, patient_id: str, form: str
    ) -> None:
        fake.switch(empty_answer=form)
        assert client.past_completed_appointments(patient_id, within(9)) == []


class TestReadBacks:
    def test_all_appointments_of_a_patient_past_future_and_cancelled(self, client: Clinicea) -> None:
        found = client.appointments_by_patient("P-01", within(9))
        assert [each.appointment_id for each in found] == ["A-01", "A-02", "A-03", "A-04", "A-05", "A-06"]
        assert [each.status is Status.CANCELLED for each in found] == [False] * 4 + [True, False]

    def test_every_page_is_read_though_clinicea_cuts_them_short(self, fake: RunningFake, client: Clinicea) -> None:
        visits = [{"clinic_id": "C-01", "start": f"2031-03-{day:02d}T10:00:00"} for day in range(1, 26)]
        patient_id = fake.add_patient(first_name="Nila", mobile="9999900044", appointments=visits)
        fake.switch(max_page_size=10)

        found = client.appointments_by_patient(patient_id, within(9))
        assert len({each.appointment_id for each in found}) == 25
        assert len(fake.requests("getAppointmentsByPatient")) == 4

    def test_a_days_appointments_of_all_patients(self, fake: RunningFake, client: Clinicea) -> None:
        for mobile, hour in (("9999900044", 10), ("9999900045", 11)):
            visit = {"clinic_id": "C-01", "start": f"2031-03-03T{hour}:00:00"}
            fake.add_patient(first_name="Nila", mobile=mobile, appointments=[visit])
        found = client.appointments_by_date(date(2031, 3, 3), within(9))
        assert [each.start for each in found] == [
            datetime(2031, 3, 3, 4, 30, tzinfo=UTC),
            datetime(2031, 3, 3, 5, 30, tzinfo=UTC),
        ]
        assert client.appointments_by_date(date(2031, 3, 4), within(9)) == []

    def test_a_patient_without_any_has_none(self, client: Clinicea) -> None:
        assert client.appointments_by_patient("P-03", within(9)) == []

    def test_a_page_that_is_not_found_is_no_empty_calendar(self, fake: RunningFake, client: Clinicea) -> None:
        fake.switch(empty_answer="404")
        with pytest.raises(errors.NotFoundInClinicea):
            client.appointments_by_patient("P-03", within(9))


class TestRefusals:
    def test_a_key_that_nobody_knows(self, fake: RunningFake) -> None:
        client = client_for(fake.url, secret=credentials("wrong-key"))
        with pytest.raises(errors.AuthenticationFailed):
            client.search_patient_by_mobile_number(MEERA, within(9))
        assert len(fake.requests()) == 1

    def test_a_login_that_nobody_knows(self, fake: RunningFake) -> None:
        secret = credentials(login=("local-user", "wrong-password"))
        with pytest.raises(errors.AuthenticationFailed, match="getTokenByStaffUsernamePwd"):
            client_for(fake.url, scheme="staff_session", secret=secret).appointments_by_patient("P-01", within(9))
        assert [entry["call"] for entry in fake.requests()] == ["getTokenByStaffUsernamePwd"]

    @pytest.mark.parametrize("scheme", get_args(Scheme))
    def test_a_role_that_lacks_the_call(self, fake: RunningFake, scheme: Scheme) -> None:
        fake.switch(denied_status=403)
        client = client_for(fake.url, scheme=scheme, secret=credentials(LOCAL_LIMITED_KEY))
        assert client.search_patient_by_mobile_number(MEERA, within(9))
        with pytest.raises(errors.PermissionDenied, match="getAppointmentsByPatient"):
            client.appointments_by_patient("P-01", within(9))

    @pytest.mark.parametrize("scheme", get_args(Scheme))
    def test_by_401_both_causes_are_named_after_one_renewal(self, fake: RunningFake, scheme: Scheme) -> None:
        client = client_for(fake.url, scheme=scheme, secret=credentials(LOCAL_LIMITED_KEY))
        with pytest.raises(errors.AuthenticationFailed, match="credential is not accepted, or its API role does not"):
            client.appointments_by_patient("P-01", within(9))
        assert len(fake.requests("getAppointmentsByPatient")) == (2 if scheme == "staff_session" else 1)

    def test_version_without_the_call_names_the_setting(self, fake: RunningFake) -> None:
        client = client_for(fake.url, table={"calls": {"searchPatientByMobileNumber": {"version": "v2"}}})
        with pytest.raises(errors.RouteMissing, match=r"calls\.searchPatientByMobileNumber\.path or \.version"):
            client.search_patient_by_mobile_number(MEERA, within(9))

    def test_a_page_size_that_clinicea_refuses(self, fake: RunningFake) -> None:
        client = client_for(fake.url, table={"calls": {"getAppointmentsByPatient": {"fixed": {"pageSize": "1"}}}})
        assert client.appointments_by_patient("P-03", within(9)) == []  # our own value wins over a fixed one

        client = client_for(
            fake.url, table={"calls": {"getAppointmentsByPatient": {"fixed": {"appointmentType": "9"}}}}
        )
        with pytest.raises(errors.Rejected, match="status 400") as caught:
            client.appointments_by_patient("P-01", within(9))
        assert "appointmentType" not in str(caught.value)
