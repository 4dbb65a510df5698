"""Two values for one field, values that cannot be read, and the names under which they are reported."""

from __future__ import annotations

from typing import Any

import pytest

from convox_clinicea.bookings.requests import KnownPatientBooking
from convox_clinicea.convox.aliases import naming_aliases
from convox_clinicea.convox.defaults import RequestDefaults
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.errors import InvalidRequest
from convox_clinicea.lookups.completed import CompletedRequest
from convox_clinicea.lookups.search import SearchRequest
from tests.support import events
from tests.support.bookings import known_body
from tests.support.dialects import PACKED, dialect, read
from tests.support.events import Event

CALL = {"call_id": "R-1", "agent_id": "a-1"}
PLACE = RequestDefaults(Clinics.from_document({"schema": 1}, "Asia/Kolkata"), "IN")


def problems(event: Event, model: Any = SearchRequest, **path: str) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as caught:
        read(model, event, PACKED, **path)
    return {problem.field: problem.message for problem in caught.value.problems}


def booking(**fields: Any) -> Event:
    return events.book_known("P", known_body(**fields))


def test_an_error_carries_the_aliases_and_the_event_does_not() -> None:
    event = events.search({"CALL_REFERENCE_ID": "R" * 200, "mobile": "9999900041"})
    before = dict(event)

    with pytest.raises(InvalidRequest) as caught:
        read(SearchRequest, event)

    assert caught.value.aliases_used == {"call_id": "CALL_REFERENCE_ID"}
    assert event == before


def test_an_error_from_inside_keeps_its_own_aliases() -> None:
    outer, inner = naming_aliases({"start": "outer", "mobile": "MSISDN"}), naming_aliases({"start": "inner"})

    with pytest.raises(InvalidRequest) as caught, outer, inner:
        raise InvalidRequest()

    assert caught.value.aliases_used == {"start": "inner", "mobile": "MSISDN"}


def test_two_numbers_are_refused_and_named() -> None:
    found = problems(events.search(CALL | {"MOBILE_NO": "9999900041", "CallerNumber": "9999900043"}))

    assert found == {"mobile": "was sent with different values, as MOBILE_NO and as callernumber; send one"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("9999900041", "+91 99999 00041", True),
        ("09999900041", "919999900041", True),
        ("9999900041", "00919999900041", True),
        ("9999900041", "9999900042", False),
        ("+919999900041", "+9719999900041", False),
        ("9999900041", "12349999900041", False),
        ("98xxxxxx10", "9899999910", False),
        ("41", "9999900041", True),
    ],
)
def test_one_number_in_two_spellings_is_one_number(one: str, other: str, *, same: bool) -> None:
    for first, second in ((one, other), (other, one)):
        event = events.search(CALL | {"MOBILE_NO": first, "callernumber": second})
        if same:
            assert read(SearchRequest, event).number(PLACE).reveal() == "+919999900041"
        else:
            assert "mobile" in problems(event)


def test_repeated_query_field_is_refused_if_it_differs() -> None:
    event = events.search_by_get({**CALL, "mobile": "9999900041"})
    event["multiValueQueryStringParameters"]["call_id"] = ["R-1", "R-2"]

    assert problems(event) == {"call_id": "was sent with different values, as call_id; send one"}
    event["multiValueQueryStringParameters"]["call_id"] = ["R-1", "R-1", ""]
    assert read(SearchRequest, event).call_id == "R-1"


def test_query_and_body_must_agree() -> None:
    event = events.search(CALL | {"mobile": "9999900041"}, query={"CALL_REFERENCE_ID": "R-2"})

    assert set(problems(event)) == {"call_id"}


def test_one_moment_in_two_spellings_is_one_moment() -> None:
    spoken = dialect(date_order="dmy")
    event = booking(start="2031-03-06T10:00", appointment_start="06-03-2031 10:00 AM", appointment_datetime=None)

    assert read(KnownPatientBooking, event, spoken, patient_id="P").start == "2031-03-06T10:00:00"


def test_what_the_request_has_no_use_for_cannot_be_wrong() -> None:
    event = events.search(
        CALL | {"mobile": "9999900041", "start": "never", "FOLLOWUP_TIME": 5, "gender": [], "email": {}}
    )

    assert read(SearchRequest, event).call_id == "R-1"


def test_the_path_wins_over_what_the_request_says_itself() -> None:
    event = events.completed("P-1", {**CALL, "patient_id": "P-2", "PatientID": "P-3"})

    assert read(CompletedRequest, event, patient_id="P-1").patient_id == "P-1"


@pytest.mark.parametrize("number", ["98xxxxxx10", "98XXXXXX10", "******1234", "+91 98### ##010", "99••••••41"])
def test_masked_digits_are_refused_for_what_they_are(number: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^mobile: has masked digits; the whole number is needed$"):
        read(SearchRequest, events.search(CALL | {"mobile": number})).number(PLACE)


@pytest.mark.parametrize(
    "start",
    [
        "01-12-2031 15:00",  # which is the month, nobody has said
        "2031-12-01",
        "15:00",
        "2031-12-01 13:00 PM",
        "2031-12-01 00:00 AM",
        "31-12-01 15:00",
        "tomorrow",
        "20311201150000",
        "2031-12-01 15:00-16:00",
        "1922284800",
        "\u0662\u0660\u0663\u0661-12-01 15:00",
    ],
)
def test_a_start_that_needs_guessing_is_refused(start: str) -> None:
    assert problems(booking(start=start), KnownPatientBooking, patient_id="P") == {
        "start": "must be ISO 8601, such as 2026-12-01T15:00:00"
    }


@pytest.mark.parametrize("order", ["dmy", "mdy"])
def test_the_thirteenth_month_does_not_exist(order: str) -> None:
    day = "01-13-2031" if order == "dmy" else "13-01-2031"
    request = read(KnownPatientBooking, booking(start=f"{day} 10:00"), dialect(date_order=order), patient_id="P")

    with pytest.raises(InvalidRequest, match="start: must be a date and time that exists"):
        request.canonical("convox", PLACE)


@pytest.mark.parametrize(
    "pieces",
    [
        {"start_date": "2031-12-01"},
        {"start_date": "2031-12-01", "start_hours": "", "start_minutes": "30"},
        {"start_date": "2031-12-01", "start_hours": "three", "start_minutes": "30"},
        {"start_date": "01-12-2031", "start_hours": "10", "start_minutes": "30"},
        {"start_date": 20311201, "start_hours": 10, "start_minutes": 30},
        {"start_date": "2031-12-01", "start_hours": 15, "ampm": "PM"},
        {"start_date": "2031-12-01", "start_hours": 3, "ampm": "noon"},
        {"start_date": "2031-12-01", "start_hours": True, "start_minutes": 30},
    ],
    ids=str,
)
def test_pieces_that_make_no_moment_are_refused(pieces: dict[str, Any]) -> None:
    assert set(problems(booking(start=..., **pieces), KnownPatientBooking, patient_id="P")) == {"start"}


@pytest.mark.parametrize("date", ["", None, "null", "0000-00-00", "00-00-0000", "0000-00-00 00:00:00"])
def test_a_call_back_on_no_day_is_none(date: Any) -> None:
    found = problems(
        booking(start=..., start_date=date, start_hours="00", start_minutes="00"),
        KnownPatientBooking,
        patient_id="P",
    )

    assert found == {"start": "is required"}


@pytest.mark.parametrize(
    "duration", ["soon", "00:00:30", "1:75:00:00", "30 s", "-30", "3.5", "half an hour", "9" * 5000, [1, 2], True]
)
def test_a_length_that_needs_guessing_is_refused(duration: Any) -> None:
    assert set(problems(booking(appointment_duration=duration), KnownPatientBooking, patient_id="P")) == {
        "duration_minutes"
    }


def test_the_calls_own_length_is_not_the_appointments() -> None:
    event = booking(CALL_DURATION="00:03:25", duration="00:03:25", RING_DURATION=7)

    assert read(KnownPatientBooking, event, patient_id="P").duration_minutes is None


def test_pieces_that_came_twice_must_agree() -> None:
    pieces = {"start_date": "2031-12-01", "start_hours": "10", "appointment_date": "2031-12-02"}

    found = problems(booking(start=..., **pieces), KnownPatientBooking, patient_id="P")

    assert found == {
        "start": "was sent with different values, as start_date and as appointment_date and as start_hours; send one"
    }


@pytest.mark.parametrize(
    ("pieces", "start"),
    [
        ({"start_date": "2031-12-01 00:00:00", "start_hours": "15"}, "2031-12-01T15:00:00"),
        ({"start_date": "2031-12-01T00:00", "start_hours": 15, "start_minutes": 5}, "2031-12-01T15:05:00"),
        ({"appointment_date": " 2031-12-01 ", "appointment_time": " 9:05 "}, "2031-12-01T09:05:00"),
        ({"appointment_date": "2031-12-01 15:00", "start": ""}, "2031-12-01T15:00:00"),
        ({"appointment_date": "2031-12-01", "start": "2031-12-01 15:00"}, "2031-12-01T15:00:00"),
    ],
    ids=str,
)
def test_pieces_make_one_moment(pieces: dict[str, Any], start: str) -> None:
    event = booking(**({"start": ...} | pieces))

    assert read(KnownPatientBooking, event, patient_id="P").start == start


def test_a_date_with_a_time_of_its_own_beside_hours_is_refused() -> None:
    pieces = {"start_date": "2031-12-01 09:00:00", "start_hours": "15"}

    assert set(problems(booking(start=..., **pieces), KnownPatientBooking, patient_id="P")) == {"start"}


@pytest.mark.parametrize("value", ["0-00", "00", "0", "0000", "00-00", "0.0"])
def test_zeros_that_are_no_date_are_a_value(value: str) -> None:
    assert (
        read(SearchRequest, events.search({"call_id": value, "agent_id": "0", "mobile": "9999900041"})).call_id == value
    )


def test_spaces_round_a_value_make_no_other_value() -> None:
    event = events.search({"call_id": "R-1", "CALL_REFERENCE_ID": " R-1 ", "agent_id": "a", "mobile": "9999900041"})

    assert read(SearchRequest, event).call_id == "R-1"


def test_number_with_the_dialling_code_wins_over_the_other() -> None:
    elsewhere = RequestDefaults(Clinics.from_document({"schema": 1}, "Asia/Dubai"), "AE")
    for names in (("MOBILE_NO", "callernumber"), ("callernumber", "MOBILE_NO")):
        event = events.search(CALL | dict(zip(names, ("9999900041", "+91 99999 00041"), strict=True)))

        assert read(SearchRequest, event).number(elsewhere).reveal() == "+919999900041"


def test_a_start_that_came_whole_and_in_pieces_must_agree() -> None:
    pieces = {"appointment_date": "2031-12-01", "appointment_time": "10:00"}

    same = booking(start="2031-12-01T10:00", **pieces)
    assert read(KnownPatientBooking, same, patient_id="P").start == "2031-12-01T10:00:00"
    other = booking(start="2031-12-01T11:00", **pieces)
    assert problems(other, KnownPatientBooking, patient_id="P") == {
        "start": "was sent with different values, as start and as appointment_date and appointment_time; send one"
    }
