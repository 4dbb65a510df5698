"""Making appointments, under both authentication schemes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from convox_clinicea.clinicea import Clinicea, errors
from convox_clinicea.clinicea.http import Scheme
from local.clinicea.testing import RunningFake
from tests.support.canaries import FIRST_NAME, MOBILE, NATIONAL, START, new_appointment, new_patient
from tests.support.clients import client_for, within

KNOWN, NEW = "postAppointmentByPatientID", "postAppointment"


@pytest.fixture(params=get_args(Scheme))
def client(fake: RunningFake, request: pytest.FixtureRequest) -> Clinicea:
    return client_for(fake.url, scheme=request.param)


class TestKnownPatient:
    def test_the_appointment_stands_and_its_ids_come_back(self, fake: RunningFake, client: Clinicea) -> None:
        created = client.post_appointment_by_patient_id("P-01", new_appointment(), within(9))
        (made,) = [each for each in fake.standing() if each["made_by"] == KNOWN]
        assert (created.appointment_id, created.patient_id) == (made["appointment_id"], "P-01")
        assert (made["clinic_id"], made["practitioner_id"], made["service"]) == ("C-01", "D-01", "Consultation")
        assert made["notes"] == "Canary notes: allergic to seed"

    def test_it_is_found_again_by_reading_back(self, client: Clinicea) -> None:
        created = client.post_appointment_by_patient_id("P-01", new_appointment(), within(9))
        (found,) = [each for each in client.appointments_by_patient("P-01", within(9)) if each.start == START]
        assert found.appointment_id == created.appointment_id
        assert found.end == START + timedelta(minutes=30)

    def test_a_taken_slot_is_a_rejection_with_its_reason(self, fake: RunningFake, client: Clinicea) -> None:
        client.post_appointment_by_patient_id("P-01", new_appointment(), within(9))
        with pytest.raises(errors.Rejected) as caught:
            client.post_appointment_by_patient_id("P-02", new_appointment(), within(9))
        assert (type(caught.value), caught.value.reason) == (errors.Rejected, "slot_taken")

    @pytest.mark.parametrize(
        ("patient_id", "clinic_id", "reason"), [("P-99", "C-01", "unknown_patient"), ("P-01", "C-99", "unknown_clinic")]
    )
    def test_an_unknown_patient_or_clinic_too(
        self, client: Clinicea, patient_id: str, clinic_id: str, reason: str
    ) -> None:
        with pytest.raises(errors.Rejected) as caught:
            client.post_appointment_by_patient_id(patient_id, new_appointment(clinic_id=clinic_id), within(9))
        assert caught.value.reason == reason

    def test_unlisted_refusal_counts_only_after_a_read_back(self, client: Clinicea) -> None:
        with pytest.raises(errors.UnlistedRefusal):
            client.post_appointment_by_patient_id("P-01", replace(new_appointment(), practitioner_id="D-99"), within(9))

    def test_a_role_that_may_only_look_books_nothing(self, fake: RunningFake, client: Clinicea) -> None:
        fake.switch(denied_calls=[KNOWN], denied_status=403)
        with pytest.raises(errors.PermissionDenied):
            client.post_appointment_by_patient_id("P-01", new_appointment(), within(9))
        assert [entry["status"] for entry in fake.requests(KNOWN)] == [403]


class TestNewPatient:
    def test_patient_and_appointment_are_made(self, fake: RunningFake, client: Clinicea) -> None:
        created = client.post_appointment(new_patient(), new_appointment(), within(9))
        (patient,) = client.search_patient_by_mobile_number(MOBILE, within(9))
        assert patient.patient_id == created.patient_id
        assert patient.first_name is not None
        assert patient.first_name.reveal() == FIRST_NAME
        (made,) = [each for each in fake.standing() if each["made_by"] == NEW]
        assert made["appointment_id"] == created.appointment_id

    def test_what_was_told_of_the_patient_arrives(self, fake: RunningFake, client: Clinicea) -> None:
        client.post_appointment(new_patient(), new_appointment(), within(9))
        (kept,) = [each for each in fake.patients() if each["mobile"] == NATIONAL]
        assert (kept["country_code"], kept["gender"], kept["date_of_birth"]) == ("91", "Female", "1987-06-05")
        assert kept["email"] == "canarina.vogelwala@example.com"

    def test_patient_created_but_slot_refused_is_a_rejection(self, fake: RunningFake, client: Clinicea) -> None:
        fake.switch(create_patient_then_refuse_slot=True)
        with pytest.raises(errors.Rejected):
            client.post_appointment(new_patient(), new_appointment(), within(9))
        assert len(client.search_patient_by_mobile_number(MOBILE, within(9))) == 1

    def test_a_verb_that_clinicea_does_not_take_names_the_setting(self, fake: RunningFake, client: Clinicea) -> None:
        fake.switch(post_appointment_verb="GET")
        with pytest.raises(errors.MethodRefused, match=r"calls\.postAppointment\.verb"):
            client.post_appointment(new_patient(), new_appointment(), within(9))
        assert [entry["status"] for entry in fake.requests(NEW)] == [405]

    @pytest.mark.parametrize(
        ("switches", "part"),
        [
            ({"post_appointment_verb": "GET"}, {"verb": "GET", "style": "query"}),
            ({"post_parameters_in_query": False}, {"style": "json"}),
            ({"post_parameters_in_query": False}, {"style": "form"}),
        ],
        ids=["GET", "POST of JSON", "POST of a form"],
    )
    def test_call_table_follows_the_verb_and_style_of_clinicea(
        self, fake: RunningFake, switches: dict[str, object], part: dict[str, str]
    ) -> None:
        fake.switch(**switches)
        client = client_for(fake.url, table={"calls": {NEW: part}})
        created = client.post_appointment(new_patient(), new_appointment(), within(9))
        assert [each["appointment_id"] for each in fake.standing() if each["made_by"] == NEW] == [
            created.appointment_id
        ]

    def test_by_get_it_is_still_never_sent_twice(self, fake: RunningFake) -> None:
        fake.switch(post_appointment_verb="GET")
        fake.fault(NEW, "reset_after", count=1)
        client = client_for(fake.url, table={"calls": {NEW: {"verb": "GET", "style": "query"}}})
        with pytest.raises(errors.OutcomeUnknown):
            client.post_appointment(new_patient(), new_appointment(), within(9))
        assert len([each for each in fake.standing() if each["made_by"] == NEW]) == 1
        assert len(fake.requests(NEW)) == 1
