"""From the contract's names to our own words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.bookings.requests import KnownPatientBooking, NewPatientBooking
from convox_clinicea.convox.defaults import RequestDefaults
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.errors import ConsentRequired, InvalidRequest
from convox_clinicea.lookups.completed import CompletedRequest
from convox_clinicea.lookups.search import SearchRequest
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalGender
from tests.support import events, invented
from tests.support.bookings import known_body, new_body
from tests.support.dialects import read
from tests.support.properties import PROPERTY


def place(zone: str = "Asia/Kolkata", country: str = "IN") -> RequestDefaults:
    document = {"schema": 1, "clinics": [{"clinic_id": "C-AE", "time_zone": "Asia/Dubai"}]}
    return RequestDefaults(Clinics.from_document(document, zone), country, 25)


def known(zone: str = "Asia/Kolkata", **changes: Any) -> Any:
    body = known_body(**changes) | {"patient_id": "P-41"}
    return KnownPatientBooking.model_validate(body).canonical("convox", place(zone))


def new(**changes: Any) -> Any:
    return NewPatientBooking.model_validate(new_body(**changes)).canonical("convox", place())


def test_a_known_patients_request_in_our_words() -> None:
    request = known(start="2031-03-06T10:00:00", practitioner_id="D-01", mobile="99999 00041", duration_minutes=45)

    assert request.flow == "known_patient"
    assert (request.caller.name, request.caller.call_id, request.caller.agent_id) == ("convox", "CALL-7001", "agent-12")
    assert (request.patient_id, request.clinic_id, request.practitioner_id) == ("P-41", "C-01", "D-01")
    assert request.start.astimezone(UTC) == datetime(2031, 3, 6, 4, 30, tzinfo=UTC)
    assert request.end - request.start == timedelta(minutes=45)
    assert request.mobile == Mobile.from_e164(invented.MOBILE)
    assert (request.service.reveal(), request.notes.reveal()) == (invented.SERVICE, invented.NOTES)


def test_a_new_patients_request_in_our_words() -> None:
    request = new(consent={"given": True, "at": "2031-03-01T10:00:00", "text_version": 3})

    details = request.new_patient
    assert (request.flow, request.patient_id, request.mobile) == ("new_patient", None, None)
    assert details.mobile == Mobile.from_e164(invented.MOBILE)
    assert (details.first_name.reveal(), details.last_name.reveal()) == (invented.FIRST_NAME, invented.LAST_NAME)
    assert (details.gender, details.email.reveal()) == (PersonalGender("female"), invented.EMAIL)
    assert details.date_of_birth.reveal().isoformat() == invented.BIRTH_DATE
    assert details.consent.at.astimezone(UTC) == datetime(2031, 3, 1, 4, 30, tzinfo=UTC)
    assert details.consent.text_version == "3"


def test_the_deployments_duration_where_none_is_named() -> None:
    assert known().duration_minutes == 25


@pytest.mark.parametrize(
    ("start", "clinic", "utc"),
    [
        ("2031-03-06T10:00", "C-01", "2031-03-06T04:30:00+00:00"),
        ("2031-03-06T10:00", "C-AE", "2031-03-06T06:00:00+00:00"),
        ("2031-03-06T10:00Z", "C-AE", "2031-03-06T10:00:00+00:00"),
        ("2031-03-06T10:00:59.999999+0530", "C-AE", "2031-03-06T04:30:59+00:00"),
        ("2031-03-06t10:00:00z", "C-01", "2031-03-06T10:00:00+00:00"),
        ("2031-03-06 10:00:00-05:00", "C-01", "2031-03-06T15:00:00+00:00"),
    ],
)
def test_a_start_is_an_instant(start: str, clinic: str, utc: str) -> None:
    assert known(start=start, clinic_id=clinic).start.astimezone(UTC).isoformat() == utc


@pytest.mark.parametrize(
    ("zone", "start", "exists"),
    [
        ("America/New_York", "2031-03-09T01:59:59", True),
        ("America/New_York", "2031-03-09T02:30:00", False),
        ("America/New_York", "2031-03-09T03:00:00", True),
        ("America/New_York", "2031-11-02T01:30:00-04:00", True),
        ("America/New_York", "2031-11-02T01:30:00-05:00", True),
        ("America/New_York", "2031-11-02T02:00:00", True),
        ("America/New_York", "2031-03-09T02:30:00-05:00", True),
        ("Asia/Kolkata", "2031-02-29T10:00:00", False),
        ("Asia/Kolkata", "2032-02-29T10:00:00", True),
        ("Asia/Kolkata", "2031-03-06T24:00:01", False),
        ("Asia/Kolkata", "9999-12-31T23:59:59-12:00", False),
        ("Asia/Kolkata", "0001-01-01T00:00:00", False),
    ],
)
def test_start_skipped_by_the_clock_or_impossible_does_not_exist(zone: str, start: str, exists: bool) -> None:
    if exists:
        assert known(zone, start=start).start
    else:
        with pytest.raises(InvalidRequest, match="start: must be a date and time that exists"):
            known(zone, start=start)


def test_a_start_that_comes_twice_is_asked_for_with_its_offset() -> None:
    with pytest.raises(InvalidRequest, match=r"start: occurs twice .* add the offset, -04:00 or -05:00"):
        known("America/New_York", start="2031-11-02T01:30:00")


@PROPERTY
@given(
    seconds=st.integers(946_684_800, 4_102_444_800),
    zone=st.sampled_from(["America/New_York", "Africa/Cairo", "Asia/Kolkata", "Australia/Lord_Howe"]),
)
def test_accepted_start_is_the_same_time_on_the_clinics_wall(seconds: int, zone: str) -> None:
    written = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    try:
        request = known(zone, start=written.isoformat())
    except InvalidRequest:
        return
    on_the_wall = request.start.astimezone(UTC).astimezone(request.start.tzinfo)
    assert on_the_wall.replace(tzinfo=None) == written


def test_consent_is_asked_for_before_anything_is_read_further() -> None:
    with pytest.raises(ConsentRequired):
        new(mobile="not a number", consent={"given": False})


@pytest.mark.parametrize("blank", ["", " ", "\t", None])
def test_what_convox_leaves_blank_is_missing(blank: str | None) -> None:
    request = read(
        KnownPatientBooking,
        events.book_known("P", known_body(notes=blank, practitioner_id=blank)),
        patient_id="P",
    )

    assert (request.notes, request.practitioner_id) == (None, None)


def test_the_limit_is_ten_where_none_is_named() -> None:
    assert CompletedRequest.model_validate({"patient_id": "P"}).limit == 10


def test_a_number_in_another_country_needs_its_code() -> None:
    request = SearchRequest.model_validate({"mobile": "+971 50 123 4567"})

    assert request.number(place()).country_code == "971"
    with pytest.raises(InvalidRequest, match="mobile"):
        SearchRequest.model_validate({"mobile": "50 123 4567"}).number(place())
    apart = SearchRequest.model_validate({"mobile": "50 123 4567", "country_code": 971})
    assert apart.number(place()) == request.number(place())


@pytest.mark.parametrize(
    "model", [SearchRequest, CompletedRequest, KnownPatientBooking, NewPatientBooking], ids=lambda model: model.__name__
)
def test_a_request_shows_nobody(model: Any) -> None:
    request = model.model_validate(new_body() | {"patient_id": "P-41"})

    assert not invented.leaks(repr(request) + str(request) + request.model_dump_json().replace(invented.BIRTH_DATE, ""))
