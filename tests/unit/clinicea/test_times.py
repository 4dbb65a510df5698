"""Dates and times per parameter, three zones, and what no wall clock can tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from convox_clinicea.clinicea import Clinicea, connect, errors
from convox_clinicea.clinicea.calls import Endpoint
from convox_clinicea.clinicea.models import parse_time, patient_from
from convox_clinicea.deployment_documents import Clinics
from tests.support.canaries import BIRTH, PATIENT_ID, new_appointment, new_patient
from tests.support.clients import UNUSED, Scripted, answer, call_table, credentials, within
from tests.support.clock import VirtualClock

NEW_YORK = ZoneInfo("America/New_York")
SECOND_HALF_PAST_ONE = datetime(2031, 11, 2, 6, 30, tzinfo=UTC)  # 01:30 for the second time that night


def client(transport: Scripted, zone: str, **table: Any) -> Clinicea:
    clinics = Clinics.from_document({"schema": 1}, zone)
    return connect(
        UNUSED,
        credentials=credentials,
        call_table={"schema": 2, **table},
        clinics=clinics,
        clock=VirtualClock(),
        transport=transport,
    )


def shown(start: str) -> Scripted:
    return Scripted(answer({"ID": "A-1", "StartDateTime": start}))


@pytest.mark.parametrize(
    ("rule", "sent"),
    [("clinic", "2031-03-10T10:00:00"), ("utc", "2031-03-10T04:30:00"), ("Asia/Dubai", "2031-03-10T08:30:00")],
)
def test_writing_zone_is_a_setting_and_the_answer_has_its_own(rule: str, sent: str) -> None:
    transport = shown("2031-03-10T10:00:00")
    made = client(transport, "Asia/Kolkata", times={"writing_zone": rule})
    assert made.post_appointment_by_patient_id(PATIENT_ID, new_appointment(), within(9)).appointment_id == "A-1"
    assert transport.sent[0].query["StartDateTime"] == sent


def test_one_parameter_may_have_a_zone_of_its_own() -> None:
    transport = shown("2031-03-10T10:00:00")
    part = {"calls": {Endpoint.POST_BY_PATIENT.value: {"zones": {"start": "utc"}}}}
    client(transport, "Asia/Kolkata", **part).post_appointment_by_patient_id(PATIENT_ID, new_appointment(), within(9))
    query = transport.sent[0].query
    assert (query["StartDateTime"], query["EndDateTime"]) == ("2031-03-10T04:30:00", "2031-03-10T10:30:00")


def test_shown_start_is_an_instant_of_the_reading_zone() -> None:
    times = {"reading_zone": "utc", "writing_zone": "clinic"}
    right, wrong = shown("2031-03-10T04:30:00"), shown("2031-03-10T10:00:00")
    client(right, "Asia/Kolkata", times=times).post_appointment_by_patient_id("P-1", new_appointment(), within(9))
    with pytest.raises(errors.OutcomeUnknown):
        client(wrong, "Asia/Kolkata", times=times).post_appointment_by_patient_id("P-1", new_appointment(), within(9))


def test_an_hour_that_comes_twice_is_not_sent_as_the_other_one() -> None:
    transport = shown("2031-11-02T01:30:00")
    wanted = new_appointment(start=SECOND_HALF_PAST_ONE)
    with pytest.raises(errors.AmbiguousTime, match="start is in an hour that occurs twice"):
        client(transport, "America/New_York").post_appointment_by_patient_id(PATIENT_ID, wanted, within(9))
    assert transport.sent == []

    by_utc = client(transport, "America/New_York", times={"writing_zone": "utc"})
    assert by_utc.post_appointment_by_patient_id(PATIENT_ID, wanted, within(9)).appointment_id == "A-1"
    assert transport.sent[0].query["StartDateTime"] == "2031-11-02T06:30:00"


def test_the_first_of_the_two_is_sent() -> None:
    transport = shown("2031-11-02T01:30:00")
    wanted = new_appointment(start=SECOND_HALF_PAST_ONE - timedelta(hours=1))
    wanted = replace(wanted, end=wanted.start + timedelta(minutes=15))
    client(transport, "America/New_York").post_appointment_by_patient_id(PATIENT_ID, wanted, within(9))
    assert transport.sent[0].query["StartDateTime"] == "2031-11-02T01:30:00"


@pytest.mark.parametrize(("form", "written"), [("stamp", f"{BIRTH}T00:00:00"), ("date", str(BIRTH))])
@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/New_York"])
def test_a_birth_date_has_no_zone(zone: str, form: str, written: str) -> None:
    transport = shown("2031-03-10T04:30:00")
    part = {"calls": {Endpoint.POST_WITH_PATIENT.value: {"formats": {"date_of_birth": form}}}}
    times = {"writing_zone": "utc", "reading_zone": "utc"}
    client(transport, zone, times=times, **part).post_appointment(new_patient(), new_appointment(), within(9))
    assert transport.sent[0].query["DOB"] == written


@pytest.mark.parametrize(
    ("reading", "start"),
    [("clinic", "2031-03-10T10:00:00-04:00"), ("utc", "2031-03-10T06:00:00-04:00")],
)
def test_times_of_answers_come_in_the_clinic_s_zone(reading: str, start: str) -> None:
    transport = Scripted(answer([{"ID": "A-1", "StartDateTime": "2031-03-10T10:00:00"}]), answer([]))
    found = client(transport, "America/New_York", times={"reading_zone": reading}).appointments_by_patient(
        "P-1", within(9)
    )
    assert found[0].start is not None
    assert found[0].start.isoformat() == start


def test_a_last_visit_is_the_clinic_s_day() -> None:
    table = call_table({"times": {"reading_zone": "utc"}})
    for written, day in (("2031-03-10T02:00:00", "2031-03-09"), ("2031-03-10", "2031-03-10")):
        patient = patient_from({"ID": "P-1", "LastAppointmentDate": written}, table, NEW_YORK)
        assert patient is not None
        assert patient.last_visit is not None
        assert patient.last_visit.reveal().isoformat() == day


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00", "9999-12-31T23:59:59", "soon", 5, None])
def test_what_is_no_time_in_any_zone(written: object) -> None:
    for zone in ("Pacific/Auckland", "America/New_York"):
        found = parse_time(written, ZoneInfo(zone), UTC)
        assert found is None or found.year == 9999
