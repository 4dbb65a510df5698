"""Bookings that the desk keeps for the call's end: made by the status callback, or by the sweeper."""

from __future__ import annotations

import json
from collections.abc import Callable

import boto3
import pytest

from convox_clinicea.desk.states import Progress
from tests.support import invented
from tests.support.account import document
from tests.support.bookings import AGENT_ID, in_days, known_body
from tests.support.deployment import Deployment
from tests.support.desk import CALL, Desk, ended, form, new_form


def waiting_desk(announced: Deployment) -> Desk:
    """The agent has the patient's appointment made at the call's end."""
    desk = Desk()
    desk.show()
    state = desk.book(form(), at_call_end=True)
    assert (state.progress, state.at_call_end, state.booking_id) == (Progress.TAKEN_DOWN, True, None)
    assert announced.stack.items("booking#") == []
    return desk


def test_what_waits_tells_nothing_of_a_person(announced: Deployment) -> None:
    desk = Desk()
    desk.show()
    desk.book(form(notes=invented.NOTES, service=invented.SERVICE), at_call_end=True)

    (item,) = announced.stack.items("desk-wish#")

    assert invented.leaks(str(item)) == []


def test_the_status_callback_makes_what_waits_for_it(announced: Deployment) -> None:
    desk = waiting_desk(announced)

    assert announced.call_status(ended()).status == 200

    (state,) = desk.call().bookings
    assert (state.progress, state.at_call_end) == (Progress.TAKEN_DOWN, False)
    announced.deliver()
    announced.call_status(ended())
    assert [each.progress for each in desk.call().bookings] == [Progress.BOOKED]
    assert announced.stack.messages() == []


def test_without_a_status_callback_the_sweeper_makes_it(announced: Deployment) -> None:
    desk = waiting_desk(announced)

    assert announced.sweep()["made"] == 0
    the_call_ended_long_ago(announced)
    assert announced.sweep()["made"] == 1
    assert announced.sweep()["made"] == 0
    announced.call_status(ended())

    assert [each.progress for each in desk.call().bookings] == [Progress.TAKEN_DOWN]


def the_call_ended_long_ago(announced: Deployment) -> None:
    (item,) = announced.stack.items("desk-wish#")
    announced.stack.spoil(item["pk"]["S"], queued_at="2020-01-01T00:00:00.000Z")


def test_booked_now_nothing_of_the_person_waits_any_more(announced: Deployment) -> None:
    desk = waiting_desk(announced)

    state = desk.book(form(time="23:30"))
    announced.call_status(ended())

    assert [each.booking_id for each in desk.call().bookings] == [state.booking_id]


def test_the_last_word_on_one_person_waits_alone(announced: Deployment) -> None:
    desk = waiting_desk(announced)

    desk.book(form(time="23:30"), at_call_end=True)
    announced.call_status(ended())

    (state,) = desk.call().bookings
    assert state.start is not None
    assert state.start.strftime("%H:%M") == "23:30"


def test_what_starts_too_soon_to_wait_is_made_now(announced: Deployment) -> None:
    desk = Desk()
    desk.show()
    soon = in_days(30 / 24 / 60)

    state = desk.book(form(day=soon.date().isoformat(), time=soon.strftime("%H:%M")), at_call_end=True)

    assert state.booking_id is not None


def test_what_cannot_be_made_at_the_end_waits_for_a_person(announced: Deployment) -> None:
    desk = waiting_desk(announced)
    other = {"call_id": "CALL-7009", "agent_id": AGENT_ID, "mobile": invented.MOBILE}
    announced.configure(OPEN_BOOKINGS_PER_NUMBER="1")
    announced.book_known("P-41", known_body(**other, start=in_days(4).isoformat()))

    assert announced.call_status(ended()).status == 200

    (state,) = desk.call().bookings
    assert (state.progress, state.problems) == (Progress.PERSON, ("open_bookings",))


def test_now_at_the_end_and_by_the_callback_are_one_booking(announced: Deployment) -> None:
    desk = waiting_desk(announced)
    body = known_body(start=f"{form()['day']}T{form()['time']}", service=..., notes=..., patient_id="P-41")

    answer = announced.call_status({**body, "disposition": "appointment"})
    now = desk.book(form())
    announced.sweep()

    assert (answer.body["booking_id"], now.repeated) == (now.booking_id, True)
    assert [each.booking_id for each in desk.call().bookings] == [now.booking_id]


def test_a_bare_callback_means_the_desk_s_booking(announced: Deployment) -> None:
    desk = Desk()
    desk.show()
    state = desk.book(form())

    answer = announced.call_status(ended(disposition="appointment"))

    assert (answer.status, answer.body["booking_id"]) == (202, state.booking_id)
    assert [each.progress for each in desk.call().bookings] == [Progress.TAKEN_DOWN]


CLINICS = {"schema": 1, "clinics": [{"clinic_id": "C-01", "name": "Example Clinic Andheri"}]}


def in_a_parameter() -> str:
    boto3.client("ssm").put_parameter(
        Name="/stack/desk-clinics", Value=json.dumps(CLINICS), Type="SecureString", Overwrite=True
    )
    return "ssm:/stack/desk-clinics"


@pytest.mark.parametrize("kept", [in_a_parameter, lambda: document(CLINICS)], ids=["parameter", "object"])
def test_the_sweeper_makes_a_new_patient_s_booking(deployment: Deployment, kept: Callable[[], str]) -> None:
    deployment.configure(CLINICS=kept(), OPEN_BOOKINGS_PER_NUMBER="5")
    deployment.popup(CALL)
    desk = Desk()
    desk.book(new_form(), at_call_end=True)
    the_call_ended_long_ago(deployment)

    assert deployment.sweep()["made"] == 1

    (state,) = desk.call().bookings
    assert state.progress is Progress.TAKEN_DOWN
    (consent,) = [each for each in deployment.stack.entries() if each["kind"]["S"] == "consent"]
    assert consent["given_by"]["S"] == "self"
