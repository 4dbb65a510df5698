"""The same request is the same booking, and nothing else is."""

from __future__ import annotations

import re
from datetime import UTC, date, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convox_clinicea.bookings.identity import booking_id, fingerprint, patient_key
from convox_clinicea.bookings.record import ID_PATTERN
from convox_clinicea.bookings.request import BookingRequest, Caller, Consent
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import PersonalDate, PersonalText
from tests.support import invented
from tests.support.bookings import START, known_request, new_request, newcomer
from tests.support.properties import PROPERTY

KEY = invented.IDENTITY_KEY.encode()

NAMES = st.text(st.characters(categories=["L"]), min_size=1, max_size=12)
OTHER_CALL = Caller(name="convox", call_id="CALL-8", agent_id="agent-12")
OTHER_SENDER = Caller(name="somebody", call_id="CALL-7001", agent_id="agent-12")
BORN = PersonalDate(date(2019, 5, 2))

IDENTIFYING: dict[str, dict[str, Any]] = {
    "caller": {"caller": OTHER_SENDER},
    "call": {"caller": OTHER_CALL},
    "clinic": {"clinic_id": "C-02"},
    "start": {"start": START + timedelta(seconds=1)},
    "practitioner": {"practitioner_id": "D-01"},
    "service": {"service": PersonalText("Other")},
}
DESCRIBING: dict[str, dict[str, Any]] = {
    "duration": {"duration_minutes": 60},
    "notes": {"notes": PersonalText("changed")},
}


@pytest.mark.parametrize("request_", [known_request(), new_request()], ids=["known", "new"])
def test_an_id_is_short_and_safe_in_addresses_and_tells_nothing(request_: BookingRequest) -> None:
    made = booking_id(KEY, request_)

    assert re.fullmatch(ID_PATTERN, made)
    assert len(made) == 29
    assert not invented.leaks(made)


def test_an_id_cannot_be_made_without_the_key() -> None:
    assert booking_id(KEY, known_request()) != booking_id(b"x" * 32, known_request())


@pytest.mark.parametrize("build", [known_request, new_request])
@pytest.mark.parametrize("field", IDENTIFYING)
def test_another_identifying_field_is_another_booking(build: Any, field: str) -> None:
    assert booking_id(KEY, build()) != booking_id(KEY, build(**IDENTIFYING[field]))


@pytest.mark.parametrize("build", [known_request, new_request])
@pytest.mark.parametrize("field", DESCRIBING)
def test_other_content_is_the_same_id_with_another_fingerprint(build: Any, field: str) -> None:
    before, after = build(), build(**DESCRIBING[field])

    assert booking_id(KEY, before) == booking_id(KEY, after)
    assert fingerprint(KEY, before) != fingerprint(KEY, after)


def test_known_patient_differs_from_another_and_from_a_new_one() -> None:
    ids = {booking_id(KEY, each) for each in (known_request(), known_request(patient_id="P-42"), new_request())}

    assert len(ids) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"first_name": PersonalText("Other")},
        {"last_name": PersonalText("Other")},
        {"mobile": Mobile.from_e164(invented.OTHER_MOBILE)},
        {"date_of_birth": BORN},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_two_children_of_one_caller_at_one_time_are_two_bookings(changes: dict[str, Any]) -> None:
    assert booking_id(KEY, new_request()) != booking_id(KEY, new_request(new_patient=newcomer(**changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {"gender": "female"},
        {"email": PersonalText(invented.EMAIL)},
        {"consent": Consent(given=True, text_version="v2")},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_other_details_of_a_new_patient_are_the_same_booking(changes: dict[str, Any]) -> None:
    before, after = new_request(), new_request(new_patient=newcomer(**changes))

    assert booking_id(KEY, before) == booking_id(KEY, after)
    assert fingerprint(KEY, before) != fingerprint(KEY, after)


@PROPERTY
@given(first=NAMES, last=NAMES, spaces=st.integers(1, 3), end=st.integers(0, 2))
def test_the_spelling_of_a_name_does_not_matter(first: str, last: str, spaces: int, end: int) -> None:
    plain = newcomer(first_name=PersonalText(first), last_name=PersonalText(last))
    odd = newcomer(first_name=PersonalText(f"{first.casefold()}{' ' * spaces}{last}{' ' * end}"), last_name=None)

    assert booking_id(KEY, new_request(new_patient=plain)) == booking_id(KEY, new_request(new_patient=odd))


@PROPERTY
@given(minutes=st.integers(-14 * 60, 14 * 60))
def test_the_offset_in_which_a_start_is_written_does_not_matter(minutes: int) -> None:
    elsewhere = known_request(start=START.astimezone(timezone(timedelta(minutes=minutes))))

    assert booking_id(KEY, elsewhere) == booking_id(KEY, known_request())
    assert fingerprint(KEY, elsewhere) == fingerprint(KEY, known_request())


@PROPERTY
@given(
    fields=st.fixed_dictionaries(
        {
            "patient_id": st.sampled_from(["P-1", "P-2"]),
            "clinic_id": st.sampled_from(["C", "C-", "D"]),
            "practitioner_id": st.sampled_from([None, "-", "D", "C"]),
            "service": st.sampled_from([None, "-", "cut", "cut d"]),
            "call_id": st.sampled_from([None, "1", "1C", "C"]),
            "hour": st.integers(0, 3),
        }
    ),
    others=st.data(),
)
def test_ids_are_equal_exactly_if_all_identifying_fields_are(fields: dict[str, Any], others: st.DataObject) -> None:
    changed = others.draw(st.sampled_from(sorted(fields)))
    value = others.draw(st.sampled_from([fields[changed], "X1", "X2"] if changed != "hour" else [fields["hour"], 7]))
    again = fields | {changed: value}

    def request(values: dict[str, Any]) -> BookingRequest:
        service = values["service"]
        return known_request(
            caller=Caller(name="convox", call_id=values["call_id"], agent_id=None),
            patient_id=values["patient_id"],
            clinic_id=values["clinic_id"],
            practitioner_id=values["practitioner_id"],
            service=PersonalText(service) if service else None,
            start=START + timedelta(hours=values["hour"]),
        )

    same = booking_id(KEY, request(fields)) == booking_id(KEY, request(again))
    assert same is (fields == again)


def test_who_repeats_a_request_does_not_change_its_content() -> None:
    again = known_request(caller=Caller(name="convox", call_id="CALL-7001", agent_id="agent-99"))

    assert booking_id(KEY, again) == booking_id(KEY, known_request())
    assert fingerprint(KEY, again) == fingerprint(KEY, known_request())


def test_when_consent_was_heard_does_not_change_the_content() -> None:
    heard = newcomer(consent=Consent(given=True, at=START.astimezone(UTC)))

    assert fingerprint(KEY, new_request(new_patient=heard)) == fingerprint(KEY, new_request())


def test_one_patients_bookings_share_a_key_that_tells_nothing() -> None:
    key = patient_key(KEY, new_request())

    assert key == patient_key(KEY, new_request(start=START + timedelta(days=1), clinic_id="C-02"))
    assert key != patient_key(KEY, known_request())
    assert re.fullmatch(r"[0-9a-f]{64}", key)
