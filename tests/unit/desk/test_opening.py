"""Opening hours and services at the booking form: what is asked, and what a second press answers."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from convox_clinicea.bookings.request import BookingRequest, Caller
from convox_clinicea.convox.defaults import RequestDefaults
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.desk.opening import OpeningHours, Unconfirmed, answer_for, answer_to, answered, choices
from convox_clinicea.errors import FieldProblem, InvalidRequest
from convox_clinicea.function import failure
from convox_clinicea.privacy import PersonalText
from convox_clinicea.schedules import Schedules
from tests.support.desk_browser import Browser
from tests.unit.desk.stand_ins import Services
from tests.unit.desk.test_bad_input import CALL, FILLED

NEW_YORK = "America/New_York"
CLINICS = [
    {
        "clinic_id": "andheri",
        "name": "Andheri",
        "schedule": {
            "hours": {"wed": ["09:00-13:00", "14:00-18:00"], "thu": ["09:00-18:00"]},
            "special_days": [{"first": "2031-03-06", "name": "Invented holiday"}],
            "practitioners": [
                {"practitioner_id": "dr-1", "name": "Dr Kabir Fictionwala", "hours": {"wed": ["14:00-16:00"]}},
                {"practitioner_id": "dr-2", "special_days": [{"first": "2031-03-05", "name": "leave"}]},
            ],
            "services": [
                {"name": "Follow-up", "minutes": 20},
                {"name": "First visit", "minutes": 45, "practitioners": ["dr-2"]},
            ],
        },
    },
    {"clinic_id": "bandra"},
    {"clinic_id": "queens", "time_zone": NEW_YORK, "schedule": {"hours": {"sun": ["01:00-06:00"]}}},
    {"clinic_id": "night", "schedule": {"hours": {"fri": ["20:00-24:00"]}}},
    {"clinic_id": "harlem", "time_zone": NEW_YORK},
]
DEFAULTS = RequestDefaults(Clinics.from_document({"schema": 1, "clinics": CLINICS}, "Asia/Kolkata"), "IN")
SCHEDULES = Schedules.from_clinics(DEFAULTS.clinics)
OPENING = OpeningHours(SCHEDULES, DEFAULTS)
SKIPPED = "02:30 does not exist on Sun 9 Mar: clocks go forward from 02:00 to 03:00."


def request(start: str = "2031-03-05T10:00", minutes: int = 30, **more: Any) -> BookingRequest:
    clinic_id = more.pop("clinic_id", "andheri")
    at = datetime.fromisoformat(start).replace(tzinfo=DEFAULTS.zone_at(clinic_id))
    return BookingRequest(
        caller=Caller(name="convox"), clinic_id=clinic_id, start=at, duration_minutes=minutes, patient_id="P-1", **more
    )


def questions(asked: BookingRequest, **form: str) -> dict[str, str]:
    try:
        OPENING.require_confirmed(asked, form)
    except Unconfirmed as error:
        return {each.field: each.message for each in error.problems}
    return {}


@pytest.mark.parametrize(
    ("start", "minutes", "told"),
    [
        ("2031-03-05T09:00", 30, None),
        ("2031-03-05T12:30", 30, None),
        ("2031-03-05T12:31", 30, "Andheri is open 09:00-13:00, 14:00-18:00 on Wed 5 Mar. 12:31-13:01 is outside."),
        ("2031-03-05T13:15", 30, "Andheri is open 09:00-13:00, 14:00-18:00 on Wed 5 Mar. 13:15-13:45 is outside."),
        ("2031-03-05T08:59", 30, "Andheri is open 09:00-13:00, 14:00-18:00 on Wed 5 Mar. 08:59-09:29 is outside."),
        ("2031-03-05T23:45", 30, "Andheri is open 09:00-13:00, 14:00-18:00 on Wed 5 Mar. 23:45-00:15 is outside."),
        ("2031-03-06T10:00", 30, "Andheri is closed on Thu 6 Mar (Invented holiday)."),
        ("2031-03-07T10:00", 30, "Andheri is closed on Fri 7 Mar."),
    ],
)
def test_a_time_outside_the_clinic_s_hours_is_asked_about(start: str, minutes: int, told: str | None) -> None:
    assert questions(request(start, minutes)) == ({} if told is None else {"outside_hours": told})


@pytest.mark.parametrize(
    ("practitioner_id", "start", "told"),
    [
        ("dr-1", "2031-03-05T14:30", None),
        (
            "dr-1",
            "2031-03-05T10:00",
            "Dr Kabir Fictionwala is in 14:00-16:00 on Wed 5 Mar. 10:00-10:30 is outside.",
        ),
        ("dr-1", "2031-03-13T10:00", "Dr Kabir Fictionwala is not in on Thu 13 Mar."),
        ("dr-1", "2031-03-07T10:00", "Andheri is closed on Fri 7 Mar."),
        ("dr-2", "2031-03-05T10:00", "dr-2 is not in on Wed 5 Mar (leave)."),
        ("dr-9", "2031-03-05T10:00", None),
    ],
)
def test_so_is_one_outside_the_chosen_practitioner_s(practitioner_id: str, start: str, told: str | None) -> None:
    found = questions(request(start, practitioner_id=practitioner_id))

    assert found == ({} if told is None else {"outside_hours": told})


@pytest.mark.parametrize("clinic_id", ["bandra", "unknown"])
def test_of_unknown_hours_nothing_is_asked(clinic_id: str) -> None:
    assert questions(request("2031-03-07T03:00", clinic_id=clinic_id)) == {}


def test_hours_are_those_of_the_clinic_s_clock() -> None:
    inside = request("2031-03-09T05:30", clinic_id="queens")

    assert questions(inside) == {}
    assert questions(inside.model_copy(update={"start": inside.start.astimezone(ZoneInfo("Asia/Kolkata"))})) == {}
    assert questions(request("2031-03-09T01:30", 60, clinic_id="queens")) == {}, "01:30 to 03:30 is an hour"


def test_the_ends_of_the_calendar_are_left_to_the_intake() -> None:
    for day in ("0001-01-01", "9999-12-31"):
        OPENING.require_existing({"clinic_id": "andheri", "day": day, "time": "00:00"})

    assert questions(request("9999-12-31T23:00", clinic_id="night")) == {}


def test_a_service_is_asked_about_if_it_is_not_given() -> None:
    for service, practitioner_id, told in (
        ("follow-up", None, None),
        ("Surgery", None, "is not among the clinic's: Follow-up, First visit."),
        ("First visit", "dr-1", "Dr Kabir Fictionwala does not give First visit."),
        ("First visit", "dr-9", None),
    ):
        found = questions(request("2031-03-05T14:30", service=PersonalText(service), practitioner_id=practitioner_id))
        assert found == ({} if told is None else {"unlisted_service": told}), service


def test_an_answer_holds_for_the_question_that_was_read() -> None:
    late = request("2031-03-05T19:00")
    (field, message) = next(iter(questions(late).items()))
    answer = answer_to(FieldProblem(field, message))

    assert questions(late, outside_hours=answer) == {}
    assert questions(request("2031-03-05T20:00"), outside_hours=answer) != {}
    assert questions(late, outside_hours="yes") != {}


@pytest.mark.parametrize(
    ("clinic_id", "hours"), [("queens", " queens is open 01:00-06:00 on Sun 9 Mar."), ("harlem", "")]
)
def test_a_time_that_clocks_skip_is_refused_with_the_hours(clinic_id: str, hours: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        OPENING.require_existing({"clinic_id": clinic_id, "day": "2031-03-09", "time": "02:30"})

    assert refused.value.problems == (FieldProblem("start", SKIPPED + hours),)


@pytest.mark.parametrize(
    "filled",
    [
        {},
        {"day": "2031-03-09"},
        {"day": "x", "time": "y"},
        {"clinic_id": "queens", "day": "2031-03-09", "time": "03:00"},
        {"clinic_id": "andheri", "day": "2031-03-09", "time": "02:30"},
    ],
)
def test_of_any_other_the_contract_judges(filled: dict[str, str]) -> None:
    OPENING.require_existing(filled)


def test_the_log_names_nobody() -> None:
    with pytest.raises(Unconfirmed) as refused:
        OPENING.require_confirmed(request(practitioner_id="dr-1"), {})

    assert failure(refused.value) == {"error": "Unconfirmed", "detail": "not confirmed: outside_hours"}


def test_a_service_s_length_is_the_appointment_s() -> None:
    assert OPENING.minutes("andheri", "first VISIT") == 45
    assert [OPENING.minutes(*each) for each in (("andheri", "x"), ("andheri", None), ("bandra", "x"), (None, "x"))] == [
        None
    ] * 4


def test_choices_are_named_once_with_their_lengths() -> None:
    clinics = [
        {"clinic_id": name, "schedule": {"services": [{"name": "Follow-up", "minutes": minutes}]}}
        for name, minutes in (("a", 20), ("b", 15), ("c", 20))
    ]
    known = Schedules.from_clinics(Clinics.from_document({"schema": 1, "clinics": clinics}, "UTC"))

    assert choices([known.get("a"), None, known.get("b"), known.get("c")]) == (("Follow-up", "Follow-up (15, 20 min)"),)


class TestSecondPress:
    """The button of a question carries what was answered and chosen before."""

    QUESTION = FieldProblem("outside_hours", "Andheri is closed on Fri 7 Mar.")
    ANOTHER = FieldProblem("another", "is required: this call has another booking")

    def test_it_carries_the_earlier_answers_and_when_to_book(self) -> None:
        form = {"notes": "knee", "when": "at_call_end"}
        first = answer_for(form, [self.QUESTION])
        assert first is not None
        pressed = answered({"notes": "knee", "confirmed": first.value})
        second = answer_for(pressed, [self.ANOTHER])
        assert second is not None

        assert (first.question, second.question) == ("outside_hours", "another")
        assert answered({"notes": "knee", "confirmed": second.value}) == {
            "notes": "knee",
            "when": "at_call_end",
            "outside_hours": answer_to(self.QUESTION),
            "another": "yes",
        }

    def test_other_problems_have_no_button(self) -> None:
        assert answer_for({}, [FieldProblem("start", "must be in the future")]) is None

    def test_only_answers_are_taken_from_it(self) -> None:
        assert answered({"confirmed": "patient_id=P-9 clinic_id another= =yes when=now"}) == {"when": "now"}

    @pytest.mark.parametrize("fragment", [True, False], ids=["part", "page"])
    def test_the_page_has_the_button_and_what_was_typed(
        self, signed_in: Browser, services: Services, *, fragment: bool
    ) -> None:
        services.refused = Unconfirmed(self.QUESTION)
        typed = FILLED | {"token": signed_in.get(CALL).token, "notes": "knee", "when": "at_call_end"}

        asked = signed_in.post(f"{CALL}/book", typed, fragment=fragment)
        services.refused = None
        (value,) = re.findall(
            r'<button form="booking" name="confirmed" value="([^"]+)">Book outside hours<', asked.body
        )
        del typed["when"]
        done = signed_in.post(f"{CALL}/book", typed | {"confirmed": value}, fragment=fragment)

        assert (asked.status, "Hours: Andheri is closed on Fri 7 Mar." in asked.text) == (400, True)
        assert fragment or ">knee</textarea>" in asked.body
        assert done.status == 200
        (booked,) = services.booked
        assert (booked["outside_hours"], booked["when"]) == (answer_to(self.QUESTION), "at_call_end")
