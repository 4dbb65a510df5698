"""A booking request on its way into the ledger, out again, and to Clinicea."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.bookings.request import BookingRequest, Caller, Consent, PatientDetails, UnreadableRequest
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalDate, PersonalText
from tests.support import invented
from tests.support.bookings import INDIA, START, known_request, new_request
from tests.support.properties import PROPERTY

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60).map(PersonalText)
MOBILES = st.integers(0, 99).map(lambda n: Mobile("91", f"99999000{n:02d}"))
MOMENTS = st.integers(0, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, INDIA))


def optional(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


PATIENTS = st.builds(
    PatientDetails,
    mobile=MOBILES,
    first_name=TEXTS,
    last_name=optional(TEXTS),
    gender=st.sampled_from([None, "male", "female", "other"]),
    date_of_birth=optional(st.dates(date(1900, 1, 1)).map(PersonalDate)),
    email=optional(TEXTS),
    consent=st.builds(Consent, given=st.just(True), at=optional(MOMENTS), text_version=st.sampled_from([None, "v1"])),
)
REQUESTS = st.builds(
    BookingRequest,
    caller=st.builds(Caller, name=st.just("convox"), call_id=optional(st.text(max_size=9)), agent_id=st.none()),
    clinic_id=st.just("C-01"),
    start=MOMENTS,
    duration_minutes=st.integers(5, 480),
    practitioner_id=st.sampled_from([None, "D-01"]),
    service=optional(TEXTS),
    notes=optional(TEXTS),
    mobile=optional(MOBILES),
    patient_id=st.sampled_from([None, "P-41"]),
    new_patient=optional(PATIENTS),
)


@PROPERTY
@given(request=REQUESTS)
def test_what_comes_out_is_what_went_in(request: BookingRequest) -> None:
    again = BookingRequest.from_bytes(request.to_bytes())

    assert again == request
    assert again.to_bytes() == request.to_bytes()


def test_stored_form_has_its_version_and_omits_missing_fields() -> None:
    document = json.loads(known_request().to_bytes())

    assert document["v"] == 1
    assert "notes" not in document
    assert "new_patient" not in document


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b'{"v": 1}',
        b'{"v": 2}',
        b"\xff\xfe",
        known_request().to_bytes().replace(b'"v":1', b'"v":99'),
        known_request().to_bytes().replace(b"+00:00", b"").replace(b"+05:30", b""),
        new_request().to_bytes().replace(b"+91", b"91"),
    ],
)
def test_what_cannot_be_read_is_said_without_its_content(data: bytes) -> None:
    with pytest.raises(UnreadableRequest) as caught:
        BookingRequest.from_bytes(data)

    assert not invented.leaks(str(caught.value))
    assert caught.value.__cause__ is None


def test_a_request_shows_nobody() -> None:
    request = new_request(service=PersonalText(invented.SERVICE), notes=PersonalText(invented.NOTES))

    for shown in (repr(request), str(request), f"{request}", request.model_dump_json()):
        assert not invented.leaks(shown)


def test_appointment_bears_a_reference_that_a_person_can_find() -> None:
    with_notes = known_request(notes=PersonalText("by the window")).for_clinicea(reference="bk_x")
    without = known_request().for_clinicea(reference="bk_x")

    assert with_notes.notes == PersonalText("by the window [bk_x]")
    assert without.notes == PersonalText("[bk_x]")


def test_appointment_ends_after_its_minutes() -> None:
    appointment = known_request(duration_minutes=45).for_clinicea(reference="bk_x")

    assert appointment.start == START
    assert appointment.end.astimezone(UTC) == (START + timedelta(minutes=45)).astimezone(UTC)
