"""Bookings as ConVox may write them, in each encoding, spelling and date that is known of it, and what they mean."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest

from convox_clinicea.bookings.requests import KnownPatientBooking, NewPatientBooking
from convox_clinicea.convox.dialect import Dialect
from tests.support.dialects import PACKED, dialect, read
from tests.support.events import Event
from tests.support.written import PLACE, form, get, post

DMY = dialect(date_order="dmy")
MDY = dialect(date_order="mdy")
FOLLOW = dialect(stands_in={"start": ["follow_up"]})


@dataclass(frozen=True)
class Booked:
    """What came, and what it means."""

    came: dict[str, Any]
    means: Mapping[str, Any]
    spoken: Dialect = field(default=PACKED)


KNOWN = {"call_id": "R-77", "agent_id": "a-1", "clinic_id": "C-01"}
NEW = KNOWN | {"mobile": "9999900041", "first_name": "Asha", "start": "2026-12-01T15:00:00"}
AT = "2026-12-01T15:00:00+05:30"
BOOKINGS: dict[str, Booked] = {
    "ConVox's date": Booked({"start": "2026-12-01 15:00:00"}, {"start": AT}),
    "ISO 8601": Booked({"start": "2026-12-01T15:00"}, {"start": AT}),
    "an offset": Booked({"start": "2026-12-01T13:30:00+04:00"}, {"start": "2026-12-01T13:30:00+04:00"}),
    "an offset whose + was lost": Booked(
        {"start": "2026-12-01T13:30:00 04:00"}, {"start": "2026-12-01T13:30:00+04:00"}
    ),
    "UTC": Booked({"start": "2026-12-01 09:30:00Z"}, {"start": "2026-12-01T09:30:00+00:00"}),
    "slashes": Booked({"start": "2026/12/01 15:00"}, {"start": AT}),
    "single digits": Booked({"start": "2026-12-1 15:00"}, {"start": AT}),
    "the afternoon": Booked({"start": "2026-12-01 03:00 PM"}, {"start": AT}),
    "the afternoon, written together": Booked({"start": "2026-12-01 3:00pm"}, {"start": AT}),
    "noon": Booked({"start": "2026-12-01 12:00 pm"}, {"start": "2026-12-01T12:00:00+05:30"}),
    "midnight": Booked({"start": "2026-12-01 12:00 a.m."}, {"start": "2026-12-01T00:00:00+05:30"}),
    "the day first": Booked({"start": "01-12-2026 15:00:00"}, {"start": AT}, DMY),
    "the day first, dots": Booked({"start": "1.12.2026 15:00"}, {"start": AT}, DMY),
    "the year first where the day is usual": Booked({"start": "2026-12-01 15:00"}, {"start": AT}, DMY),
    "the month first": Booked({"start": "12/01/2026 03:00 PM"}, {"start": AT}, MDY),
    "follow-up time": Booked({"FOLLOWUP_TIME": "2026-12-01 15:00:00"}, {"start": AT}, FOLLOW),
    "follow-up time, lower case": Booked({"followup_time": "2026-12-01 15:00:00"}, {"start": AT}, FOLLOW),
    "a start beside the follow-up time": Booked(
        {"start": "2026-12-01 15:00", "FOLLOWUP_TIME": "2026-12-09 09:00:00"}, {"start": AT}
    ),
    "a start beside a follow-up of zeros": Booked(
        {"start": "2026-12-01 15:00", "FOLLOWUP_TIME": "0000-00-00 00:00:00"}, {"start": AT}
    ),
    "a start in pieces": Booked(
        {"start_date": "2026-12-01", "start_hours": "15", "start_minutes": "00"}, {"start": AT}
    ),
    "a start in pieces that are numbers": Booked(
        {"start_date": "2026-12-01", "start_hours": 15, "start_minutes": 0}, {"start": AT}
    ),
    "a start in single digits": Booked(
        {"start_date": "2026-12-01", "start_hours": "9", "start_minutes": "5"},
        {"start": "2026-12-01T09:05:00+05:30"},
    ),
    "a start without minutes": Booked(
        {"start_date": "2026-12-01", "start_hours": "15", "start_minutes": ""}, {"start": AT}
    ),
    "a start, the day first": Booked(
        {"start_date": "01-12-2026", "start_hours": "15", "start_minutes": "00"}, {"start": AT}, DMY
    ),
    "pieces that say the same as the whole": Booked(
        {
            "start_date": "2026-12-01",
            "start_hours": "15",
            "start_minutes": "00",
            "appointment_start": "2026-12-01 15:00:00",
        },
        {"start": AT},
    ),
    "appointment's date and time": Booked(
        {"appointment_date": "2026-12-01", "appointment_time": "03:00 PM"}, {"start": AT}
    ),
    "hours with the afternoon beside them": Booked(
        {"start_date": "2026-12-01", "start_hours": "03", "start_minutes": "00", "AmPm": "PM"}, {"start": AT}
    ),
    "a time with the afternoon beside it": Booked(
        {"appointment_date": "2026-12-01", "appointment_time": "03:00", "am_pm": "p.m."}, {"start": AT}
    ),
    "appointment's date that holds the time": Booked({"appointment_date": "2026-12-01 15:00"}, {"start": AT}),
    "the clinic's own zone": Booked(
        {"start": "2026-12-01 15:00", "clinic_id": "C-AE"}, {"start": "2026-12-01T15:00:00+04:00"}
    ),
    ".NET's seven decimals": Booked({"start": "2026-12-01T15:00:00.0000000"}, {"start": AT}),
    "Java's nine, and its zone": Booked({"start": "2026-12-01T15:00:00.123456789+05:30[Asia/Kolkata]"}, {"start": AT}),
    "SQL Server's offset": Booked({"start": "2026-12-01 15:00:00.0000000 +05:30"}, {"start": AT}),
    "JavaScript's afternoon": Booked({"start": "2026-12-01, 3:00:00\u202fPM"}, {"start": AT}),
    "JavaScript's date": Booked({"start": "Tue Dec 01 2026 15:00:00 GMT+0530 (India Standard Time)"}, {"start": AT}),
    "a blank that does not break": Booked({"start": "2026-12-01\u00a03:00\u00a0pm"}, {"start": AT}),
    "a line end after it": Booked({"start": "2026-12-01 15:00\r\n", "clinic_id": "C-01\n"}, {"start": AT}),
    "a date that is written as its midnight, UTC": Booked(
        {"start_date": "2026-12-01T00:00:00.000Z", "start_time": "15:00:00.0000000"}, {"start": AT}
    ),
    "a time that is written on no day": Booked(
        {"start_date": "2026-12-01 00:00:00.000", "start_time": "1900-01-01T15:00:00"}, {"start": AT}
    ),
    "no length, as 0": Booked({"start": AT, "duration_minutes": 0}, {"duration_minutes": 30}),
    "nothing in every way": Booked(
        {"start": AT, "practitioner_id": "0", "service": "[object Object]", "duration_minutes": "-- Select --"},
        {"practitioner_id": None, "service": None},
    ),
    "a start beside zeros with decimals": Booked(
        {"start": "0000-00-00 00:00:00.000", "start_date": "2026-12-01", "start_time": "15:00"}, {"start": AT}
    ),
    "a withheld number": Booked({"start": AT, "MOBILE_NO": "anonymous"}, {"mobile": None}),
    "an internal number": Booked({"start": AT, "MOBILE_NO": "1001"}, {"mobile": None}),
    "length as hours and minutes": Booked({"start": AT, "appointment_duration": "00:45"}, {"duration_minutes": 45}),
    "length to the second": Booked({"start": AT, "appointment_duration": "01:30:00"}, {"duration_minutes": 90}),
    "length as minutes": Booked({"start": AT, "duration_minutes": "45"}, {"duration_minutes": 45}),
    "length as a number": Booked({"start": AT, "duration_minutes": 45}, {"duration_minutes": 45}),
    "length in words": Booked({"start": AT, "appointment_duration": "45 min"}, {"duration_minutes": 45}),
    "length in hours": Booked({"start": AT, "appointment_duration": "1 hour"}, {"duration_minutes": 60}),
    "no length": Booked({"start": AT, "appointment_duration": "null"}, {"duration_minutes": 30}),
    "another spelling of the clinic": Booked({"start": AT, "clinic_id": "", "ClinicID": "C-02"}, {"clinic_id": "C-02"}),
    "a doctor": Booked({"start": AT, "doctor_id": "D-01"}, {"practitioner_id": "D-01"}),
}
ENCODINGS: dict[str, Callable[[dict[str, Any]], Event]] = {
    "json": post,
    "form": form,
    "field": lambda fields: form({"data": json.dumps(fields)}),
    "query": lambda fields: get({name: str(value) for name, value in fields.items()}),
}


def is_changed_by_a_form(came: dict[str, Any]) -> bool:
    """Whether a form has to encode a value, or loses its type."""
    return any(
        not isinstance(value, str) or {*"+&=%"} & {*value} or not (value.isascii() and value.isprintable())
        for value in came.values()
    )


# A plain text is the same in each encoding, so one case of each shows it.
TOLD = [
    *((case, "json") for case in BOOKINGS),
    *((case, "form") for case, booked in BOOKINGS.items() if is_changed_by_a_form(booked.came)),
    *product(list(BOOKINGS)[:1], ("form", "field", "query")),
]


@pytest.mark.parametrize(("case", "encoding"), TOLD)
def test_a_booking_is_the_same_booking_however_it_is_told(case: str, encoding: str) -> None:
    booked = BOOKINGS[case]

    request = read(KnownPatientBooking, ENCODINGS[encoding](KNOWN | booked.came), booked.spoken, patient_id="P-41")
    canonical = request.canonical("convox", PLACE.in_dialect(booked.spoken))

    for name, value in booked.means.items():
        meant = getattr(canonical, name)
        assert (meant.isoformat() if name == "start" else meant) == value


PEOPLE: dict[str, Booked] = {
    "consent as an object": Booked({"consent": {"given": True}}, {}),
    "consent, flat": Booked({"consent": "yes"}, {}),
    "consent given": Booked({"consent_given": "1"}, {}),
    "consent given, a number": Booked({"consent_given": 1}, {}),
    "consent in capitals": Booked({"CONSENT": "YES"}, {}),
    "consent, true": Booked({"consent": True}, {}),
    "consent with a dot": Booked({"consent.given": "true"}, {}),
    "consent in PHP's brackets": Booked({"consent[given]": "1"}, {}),
    "consent in the deployment's word": Booked(
        {"consent": "Haan"}, {}, dialect(words={"consent": {"yes": ["haan"], "no": ["nahi"]}})
    ),
    "man": Booked({"consent": "yes", "gender": "M"}, {"gender": "male"}),
    "woman": Booked({"consent": "yes", "gender": "Female"}, {"gender": "female"}),
    "neither": Booked({"consent": "yes", "gender": "OTHER"}, {"gender": "other"}),
    "the deployment's word for a woman": Booked(
        {"consent": "yes", "sex": "w"},
        {"gender": "female"},
        dialect(aliases={"gender": {"sex": "site"}}, words={"gender": {"female": ["w"]}}),
    ),
    "born, the day first": Booked({"consent": "yes", "DOB": "23-07-1991"}, {"date_of_birth": "1991-07-23"}, DMY),
    "born, never": Booked({"consent": "yes", "DOB": "0000-00-00"}, {"date_of_birth": None}),
    "somebody called Null": Booked({"consent": "yes", "lastname": "Null"}, {"last_name": "Null"}),
    "a name out of HTML": Booked({"consent": "yes", "lastname": "O&amp;#039;Brien\n"}, {"last_name": "O'Brien"}),
    "a name out of Windows": Booked({"consent": "yes", "lastname": "O\u0092Brien"}, {"last_name": "O\u2019Brien"}),
    "a name between signs of direction": Booked(
        {"consent": "yes", "lastname": "\u2067\u0631\u0627\u0648\u2069"}, {"last_name": "\u0631\u0627\u0648"}
    ),
    "born at midnight": Booked({"consent": "yes", "dob": "1991-07-23T00:00:00"}, {"date_of_birth": "1991-07-23"}),
    "born never, as SQL Server has it": Booked({"consent": "yes", "dob": "1900-01-01"}, {"date_of_birth": None}),
    "nothing chosen": Booked(
        {"consent": "yes", "gender": "--Select--", "email": "NA", "lastname": "."},
        {"gender": None, "email": None, "last_name": None},
    ),
    "nothing, as lists and objects": Booked(
        {"consent": "yes", "gender": [], "email": {}, "lastname": False, "dob": [None]},
        {"gender": None, "email": None, "last_name": None, "date_of_birth": None},
    ),
    "no last name": Booked({"consent": "yes", "lastname": "null"}, {"last_name": None}),
}


@pytest.mark.parametrize("case", PEOPLE)
def test_a_new_patient_is_the_same_however_told(case: str) -> None:
    told = PEOPLE[case]

    request = read(NewPatientBooking, post(NEW | told.came), told.spoken)
    person = request.canonical("convox", PLACE.in_dialect(told.spoken)).new_patient

    assert person is not None
    assert person.consent is not None
    assert person.consent.given is True
    for name, value in told.means.items():
        meant = getattr(person, name)
        plain = meant.reveal() if hasattr(meant, "reveal") else meant
        assert (plain.isoformat() if hasattr(plain, "isoformat") else plain) == value
