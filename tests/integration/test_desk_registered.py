"""A caller who says to be a patient while Clinicea does not answer: booked by number and name, never registered."""

from __future__ import annotations

from typing import Any

import pytest

from convox_clinicea.bookings.protocol import Reason
from convox_clinicea.desk.states import BookingState, Progress
from convox_clinicea.errors import InvalidRequest
from tests.support import invented
from tests.support.deployment import Deployment
from tests.support.desk import CALL, VISITS, Desk, form, new_form


def told(**changes: str) -> dict[str, str]:
    """The form of a caller who says to be a patient."""
    return form(
        **{
            "patient_id": "",
            "registered": "yes",
            "first_name": invented.FIRST_NAME,
            "last_name": invented.LAST_NAME,
            **changes,
        }
    )


@pytest.fixture
def silent(deployment: Deployment) -> Deployment:
    """The call has come, and Clinicea does not answer."""
    deployment.configure(PREFETCH_SECONDS="0")
    deployment.fake.fault("*", "status", status=503)
    deployment.popup(CALL)
    return deployment


def back_with(deployment: Deployment, *patients: dict[str, Any]) -> None:
    """Clinicea answers again, and has these patients."""
    deployment.fake.clear_faults()
    for each in patients:
        deployment.fake.add_patient(**each)


def only(desk: Desk) -> BookingState:
    (state,) = desk.call().bookings
    return state


@pytest.mark.parametrize("at_call_end", [False, True])
def test_who_is_found_is_booked_and_stays_one_patient(silent: Deployment, *, at_call_end: bool) -> None:
    desk = Desk()
    assert desk.show(seconds=0.5).kind == "degraded"

    state = desk.book(told(), at_call_end=at_call_end)
    assert (state.progress, state.at_call_end) == (Progress.TAKEN_DOWN, at_call_end)
    if at_call_end:
        silent.call_status({**CALL, "disposition": "enquiry"})
    back_with(silent, invented.patient(patient_id="P-41", appointments=VISITS))
    silent.deliver()

    assert only(desk).progress is Progress.BOOKED
    assert [each["patient_id"] for each in silent.fake.patients()] == ["P-41"]
    assert [each["patient_id"] for each in silent.fake.appointments()] == ["P-41"] * (len(VISITS) + 1)
    assert [each for each in silent.stack.entries() if each["kind"]["S"] == "consent"] == [], "nobody has agreed"


@pytest.mark.parametrize("others", [[], [invented.patient(mobile=invented.OTHER_NATIONAL)]], ids=["nobody", "another"])
def test_who_is_not_found_is_not_registered_and_nothing_is_kept(
    silent: Deployment, others: list[dict[str, Any]]
) -> None:
    desk = Desk()
    desk.book(told())
    (stored,) = silent.stack.items("booking#")
    assert "request" in stored
    back_with(silent, *others)

    silent.deliver()

    state = only(desk)
    assert (state.progress, state.reason) == (Progress.REFUSED, Reason.UNKNOWN_PATIENT)
    assert (len(silent.fake.patients()), silent.fake.appointments()) == (len(others), [])
    assert silent.fake.requests("postAppointment") == []
    (stored,) = silent.stack.items("booking#")
    assert "request" not in stored
    assert len(silent.stack.notices()) == 1, "somebody is told"


@pytest.mark.parametrize(
    ("patients", "reason"),
    [
        ([invented.patient(first_name="Somebody")], Reason.NUMBER_REGISTERED_TO_OTHER),
        ([invented.patient(date_of_birth="1950-01-01")], Reason.NUMBER_REGISTERED_TO_OTHER),
        ([invented.patient(), invented.child()], Reason.SEVERAL_PATIENTS),
    ],
    ids=["another name", "another birth date", "a family"],
)
def test_a_doubt_goes_to_a_person(silent: Deployment, patients: list[dict[str, Any]], reason: Reason) -> None:
    desk = Desk()
    desk.book(told(date_of_birth=invented.BIRTH_DATE))
    back_with(silent, *patients)

    silent.deliver()

    assert (only(desk).progress, only(desk).reason) == (Progress.PERSON, reason)
    assert silent.fake.appointments() == []


def test_who_was_not_found_can_be_registered_on_the_same_call(silent: Deployment) -> None:
    desk = Desk()
    refused = desk.book(told(date_of_birth=invented.BIRTH_DATE))
    back_with(silent)
    silent.deliver()

    state = desk.book(new_form())
    silent.deliver()

    assert state.booking_id != refused.booking_id
    assert [each.progress for each in desk.call().bookings] == [Progress.REFUSED, Progress.BOOKED]
    assert len(silent.fake.patients()) == 1


def test_a_repeat_is_one_booking(silent: Deployment) -> None:
    desk = Desk()

    first, again = desk.book(told()), desk.book(told())

    assert (again.booking_id, again.repeated) == (first.booking_id, True)


def test_nothing_beyond_name_and_birth_date_is_taken_down(silent: Deployment) -> None:
    desk = Desk()

    first = desk.book(told())
    more = desk.book(told(email=invented.EMAIL, gender="female"))

    assert (more.booking_id, more.changed) == (first.booking_id, False)


def test_without_a_number_nobody_can_be_found(deployment: Deployment) -> None:
    deployment.popup({**CALL, "mobile": "anonymous"})

    with pytest.raises(InvalidRequest) as refused:
        Desk().book(told())

    assert [each.field for each in refused.value.problems] == ["mobile"]


def test_a_draft_keeps_nothing_of_who_may_not_be_a_patient(silent: Deployment) -> None:
    desk = Desk()

    desk.services.drafts.keep(desk.person, desk.call().call_id, told())

    kept = desk.services.drafts.get(desk.person, desk.call().call_id)
    assert kept["registered"] == "yes"
    assert "first_name" not in kept
