"""The desk with schedules in the clinics document: it asks, the API does not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from convox_clinicea.desk.opening import answer_to
from convox_clinicea.errors import ConfigurationError, InvalidRequest
from tests.support.account import document
from tests.support.bookings import in_days, known_body
from tests.support.deployment import Deployment
from tests.support.desk import Desk, form

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def scheduled(deployment: Deployment, **schedule: Any) -> None:
    """Give the clinic of the forms a schedule; it is open on all days but the forms'."""
    day = in_days(2).date().isoformat()
    parts = {
        "hours": {each: ["00:00-24:00"] for each in WEEK},
        "special_days": [{"first": day, "name": "Invented holiday"}],
        **schedule,
    }
    clinics = {"schema": 1, "clinics": [{"clinic_id": "C-01", "name": "Andheri", "schedule": parts}]}
    deployment.configure(CLINICS=document(clinics))


def test_a_booking_on_a_closed_day_is_asked_about_first(announced: Deployment) -> None:
    scheduled(announced)
    desk = Desk()
    desk.show()

    with pytest.raises(InvalidRequest) as refused:
        desk.book(form())

    (question,) = refused.value.problems
    assert question.field == "outside_hours"
    assert question.message.startswith("Andheri is closed on ")
    assert question.message.endswith(" (Invented holiday).")
    assert desk.call().bookings == ()
    state = desk.book(form(outside_hours=answer_to(question)))
    assert [each.booking_id for each in desk.call().bookings] == [state.booking_id]


def test_the_api_books_it_as_before(announced: Deployment) -> None:
    scheduled(announced)

    assert announced.book_known("P-41", known_body()).status == 202


def test_a_listed_service_gives_the_length(announced: Deployment) -> None:
    scheduled(announced, hours=None, special_days=[], services=[{"name": "First visit", "minutes": 45}])
    desk = Desk()
    desk.show()

    desk.book(form(service="First visit"))

    announced.deliver()
    (booked,) = [each for each in announced.fake.appointments() if each["service"] == "First visit"]
    start, end = (datetime.fromisoformat(booked[each]) for each in ("start", "end"))
    assert end - start == timedelta(minutes=45)


def test_a_wrong_schedule_stops_the_desk_alone(announced: Deployment) -> None:
    scheduled(announced, hours={"mon": ["late"]})

    with pytest.raises(ConfigurationError, match=r"clinics\.0\.schedule\.hours\.mon\.0"):
        Desk()
    assert announced.book_known("P-41", known_body()).status == 202
