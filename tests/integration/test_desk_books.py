"""Bookings from the desk: for a known patient, for a new one, and how they stand."""

from __future__ import annotations

import pytest

from convox_clinicea.desk.states import Progress
from convox_clinicea.errors import ConsentRequired, InvalidRequest, NotShown
from tests.support import invented
from tests.support.bookings import known_body
from tests.support.deployment import Deployment
from tests.support.desk import CALL, VISITS, Desk, Signed, ended, form, new_form


def test_a_booking_is_made_once(announced: Deployment) -> None:
    desk = Desk()
    desk.show()

    first, again = desk.book(form()), desk.book(form())

    assert (first.progress, first.repeated) == (Progress.TAKEN_DOWN, False)
    assert (again.booking_id, again.repeated) == (first.booking_id, True)
    announced.deliver()
    (state,) = desk.call().bookings
    assert (state.progress, state.booking_id) == (Progress.BOOKED, first.booking_id)
    assert state.appointment_id is not None
    assert len(announced.fake.appointments()) == len(VISITS) + 1


def test_the_status_callback_finds_the_desk_s_booking(announced: Deployment) -> None:
    desk = Desk()
    desk.show()
    state = desk.book(form())

    body = known_body(start=f"{form()['day']}T{form()['time']}", service=..., notes=..., patient_id="P-41")
    answer = announced.call_status({**body, "disposition": "appointment"})

    assert (answer.body["booking_id"], answer.body["repeated"]) == (state.booking_id, True)


def test_a_patient_who_was_not_shown_cannot_be_booked(announced: Deployment) -> None:
    desk = Desk()

    with pytest.raises(NotShown):
        desk.book(form(patient_id="P-99"))

    assert announced.stack.items("booking#") == []


def test_a_candidate_is_booked_only_once_confirmed(family: Deployment) -> None:
    desk = Desk()
    desk.show()

    with pytest.raises(NotShown):
        desk.book(form(patient_id="P-42"))
    desk.confirm("P-42", "2019-05-02")

    assert desk.book(form(patient_id="P-42")).progress is Progress.TAKEN_DOWN


def test_a_caller_without_a_record_is_registered_with_consent(deployment: Deployment) -> None:
    deployment.popup(CALL)
    desk = Desk()
    assert desk.show().kind == "none"

    state = desk.book(new_form())
    deployment.deliver()

    assert [each.progress for each in desk.call().bookings] == [Progress.BOOKED]
    (consent,) = [each for each in deployment.stack.entries() if each["kind"]["S"] == "consent"]
    assert (consent["booking_id"]["S"], consent["given_by"]["S"]) == (state.booking_id, "self")
    assert consent["heard_at"]["S"]


@pytest.mark.parametrize("at_call_end", [False, True])
@pytest.mark.parametrize("said", ["", "no", "No", "true", "1"])
def test_without_consent_nothing_is_kept(deployment: Deployment, said: str, *, at_call_end: bool) -> None:
    deployment.popup(CALL)
    desk = Desk()
    before = deployment.stack.items()

    with pytest.raises(ConsentRequired):
        desk.book(new_form(**{"consent.given": said}), at_call_end=at_call_end)

    assert deployment.stack.items() == before


@pytest.mark.parametrize("giver", ["", "self", "neighbour"])
def test_for_a_child_a_parent_or_guardian_consents(deployment: Deployment, giver: str) -> None:
    deployment.popup(CALL)

    with pytest.raises(InvalidRequest) as refused:
        Desk().book(new_form(**{"date_of_birth": "2019-05-02", "consent.given_by": giver}))

    assert [each.field for each in refused.value.problems] == ["consent.given_by"]
    assert deployment.stack.items("booking#") == []


def test_the_day_s_list_says_how_each_booking_ended(announced: Deployment) -> None:
    desk = Desk()
    desk.show()
    desk.book(form())
    announced.deliver()
    announced.call_status(ended())

    for _ in range(2):
        (listed,) = desk.services.calls.today(desk.person)
        assert [each.progress for each in listed.bookings] == [Progress.BOOKED]


def test_the_list_shows_what_a_callback_alone_asked_for(announced: Deployment) -> None:
    announced.call_status({**known_body(), "patient_id": "P-41", "disposition": "appointment"})

    (listed,) = Desk().services.calls.today(Signed())

    assert [each.progress for each in listed.bookings] == [Progress.TAKEN_DOWN]


@pytest.mark.parametrize("at_call_end", [False, True])
def test_another_time_for_the_person_is_asked_about(announced: Deployment, *, at_call_end: bool) -> None:
    desk = Desk()
    desk.show()
    desk.book(form())
    other = form(time="23:30")

    with pytest.raises(InvalidRequest) as refused:
        desk.book(other, at_call_end=at_call_end)
    assert [each.field for each in refused.value.problems] == ["another"]
    assert len(desk.call().bookings) == 1

    desk.book(other | {"another": "yes"}, at_call_end=at_call_end)
    assert len(desk.call().bookings) == 2


def test_another_person_of_the_call_is_booked_beside(family: Deployment) -> None:
    desk = Desk()
    desk.show()
    for patient_id, born in (("P-41", invented.BIRTH_DATE), ("P-42", "2019-05-02")):
        desk.confirm(patient_id, born)
        desk.book(form(patient_id=patient_id))

    assert len(desk.call().bookings) == 2
