"""Texts that must never be seen outside their wrapping: each is found at once by searching for it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from convox_clinicea.clinicea import NewAppointment, NewPatient
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import Gender, PersonalDate, PersonalGender, PersonalText
from tests.support.leaks import found

API_KEY = "canary-api-key-7f3a"
USER_NAME = "canary-user-91"
PASSWORD = "canary-password-5c"
TOKEN = "canary+token/0e=="
NATIONAL = "9999900042"
MOBILE = Mobile("91", NATIONAL)
FIRST_NAME = "Canarina"
LAST_NAME = "Vogelwala"
EMAIL = "canarina.vogelwala@example.com"
NOTES = "Canary notes: allergic to seed"
BIRTH = date(1987, 6, 5)
GENDER: Gender = "female"
PATIENT_ID = "P-77"
START = datetime(2031, 3, 10, 4, 30, tzinfo=UTC)
"""10:00 in Kolkata."""
CREATED = {"ID": "A-1", "StartDateTime": "2031-03-10T10:00:00"}
"""What Clinicea answers, once it has made `new_appointment()`."""

CANARIES = (
    API_KEY, USER_NAME, PASSWORD, TOKEN, NATIONAL, MOBILE.reveal(), FIRST_NAME, LAST_NAME, EMAIL, NOTES,
    BIRTH.isoformat(), GENDER,
)  # fmt: skip
WIRE = ("patmobile", "patMobile=", "FirstName=", "StartDateTime=", "api_key=", str(BIRTH.year))
"""What stands in addresses only, or in what was read from a date."""


def leaks(text: str) -> list[str]:
    """The canaries that a text holds, in whatever form, and signs of an address with its query."""
    return [*found(CANARIES, text), *(sign for sign in WIRE if sign in text)]


def new_patient() -> NewPatient:
    """A person who does not exist, with every detail."""
    return NewPatient(
        mobile=MOBILE,
        first_name=PersonalText(FIRST_NAME),
        last_name=PersonalText(LAST_NAME),
        gender=PersonalGender(GENDER),
        date_of_birth=PersonalDate(BIRTH),
        email=PersonalText(EMAIL),
    )


def new_appointment(*, start: datetime = START, clinic_id: str = "C-01") -> NewAppointment:
    """Half an hour with every detail."""
    return NewAppointment(
        clinic_id=clinic_id,
        start=start,
        end=start + timedelta(minutes=30),
        practitioner_id="D-01",
        service=PersonalText("Consultation"),
        mobile=MOBILE,
        notes=PersonalText(NOTES),
    )
