"""What the patient has ahead: on the card, and before a second booking."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from convox_clinicea.desk.ahead import AnotherAhead
from convox_clinicea.desk.states import Progress
from convox_clinicea.disclosures import NotRecorded
from convox_clinicea.errors import NotShown, TooManyPatients
from tests.support import invented
from tests.support.account import document
from tests.support.bookings import AGENT_ID, CALL_ID, in_days, known_body
from tests.support.deployment import Deployment
from tests.support.desk import CALL, VISITS, Desk, form, new_form

OTHER_CALL = {**CALL, "call_id": "CALL-7002"}


def at(days: float) -> str:
    """A start as the fake's control takes it."""
    return in_days(days).strftime("%Y-%m-%dT%H:%M:00")


def called(deployment: Deployment, *ahead: dict[str, Any]) -> Desk:
    """The one patient of a number has these appointments in Clinicea, and has been shown on a call."""
    deployment.configure(PREFETCH_SECONDS="0", OPEN_BOOKINGS_PER_NUMBER="20")
    visits = [*VISITS, *({"clinic_id": "C-01", **each} for each in ahead)]
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", appointments=visits))
    assert deployment.popup(CALL).status == 200
    desk = Desk()
    assert desk.show().kind == "one"
    return desk


def booked_on_another_call(deployment: Deployment, days: float) -> None:
    """Another call has asked for an appointment that is not in the calendar yet."""
    deployment.popup(OTHER_CALL)
    assert deployment.book_known("P-41", known_body(call_id="CALL-7002", start=at(days))).status == 202


def follow_up() -> dict[str, Any]:
    return {"start": at(2), "service": "Follow-up"}


def test_the_soonest_comes_first_with_our_unfinished_ones(deployment: Deployment) -> None:
    cancelled = {"start": at(4), "service": "Gone", "status": "Cancelled"}
    desk = called(deployment, {"start": at(9), "service": "Cleaning"}, follow_up(), cancelled)
    booked_on_another_call(deployment, 6)

    found = desk.ahead()

    assert (found.clinicea, found.complete) == ("told", True)
    assert [(each.service.reveal() if each.service else None, each.progress) for each in found.appointments] == [
        ("Follow-up", None),
        (None, Progress.TAKEN_DOWN),
        ("Cleaning", None),
    ]


def test_what_is_booked_stands_there_once(deployment: Deployment) -> None:
    desk = called(deployment)
    desk.book(form())
    deployment.deliver()

    assert [each.progress for each in desk.ahead().appointments] == [None]


def test_a_new_patient_s_booking_stands_there_by_its_number(deployment: Deployment) -> None:
    deployment.configure(OPEN_BOOKINGS_PER_NUMBER="20", PREFETCH_SECONDS="0")
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    deployment.popup(CALL)
    desk = Desk()
    desk.show()
    desk.book(new_form())

    assert desk.ahead().appointments == (), "who it is for is not known yet"


def test_what_is_shown_is_recorded_under_the_person(deployment: Deployment) -> None:
    desk, announced = called(deployment, follow_up()), deployment
    before = len(announced.stack.entries())

    desk.ahead()

    assert len(announced.stack.entries()) == before + 1
    (entry,) = [each for each in announced.stack.entries() if each.get("route", {}).get("S", "").endswith("/ahead")]
    assert (entry["patient_id"]["S"], entry["person"]["S"]) == ("P-41", desk.person.subject)
    assert (entry["agent_id"]["S"], entry["call_id"]["S"]) == (AGENT_ID, CALL_ID)
    assert {each["S"] for each in entry["fields"]["L"]} >= {"ahead.start", "ahead.service"}


def test_nothing_ahead_is_on_record_as_well(announced: Deployment) -> None:
    desk = Desk()
    desk.show()

    assert desk.ahead().appointments == ()

    entries = [each for each in announced.stack.entries() if each.get("route", {}).get("S", "").endswith("/ahead")]
    assert [[field["S"] for field in each["fields"]["L"]] for each in entries] == [["ahead"]]


def test_nobody_is_shown_who_was_not_on_the_card(family: Deployment) -> None:
    desk = Desk()
    desk.show()

    with pytest.raises(NotShown):
        desk.ahead("P-42")

    assert family.fake.requests("getAppointmentsByPatient") == []


def test_without_the_register_nothing_is_shown(announced: Deployment) -> None:
    desk = Desk()
    desk.show()
    announced.stack.without_register()

    with pytest.raises(NotRecorded):
        desk.ahead()


def test_the_limits_of_look_ups_hold(announced: Deployment) -> None:
    Desk().show()
    announced.fake.add_patient(**invented.patient(patient_id="P-43", mobile=invented.OTHER_NATIONAL))
    announced.popup({**OTHER_CALL, "mobile": invented.OTHER_MOBILE})
    announced.configure(PATIENTS_PER_AGENT_TEN_MINUTES="1")

    with pytest.raises(TooManyPatients):
        Desk().ahead()


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 500}, {"kind": "delay", "seconds": 60}], ids=str)
def test_without_clinicea_our_own_are_shown_and_the_rest_is_said(deployment: Deployment, fault: dict[str, Any]) -> None:
    desk = called(deployment)
    desk.book(form())
    deployment.fake.fault("getAppointmentsByPatient", **fault)

    found = desk.ahead(seconds=1.0)

    assert found.clinicea == "silent"
    assert [each.progress for each in found.appointments] == [Progress.TAKEN_DOWN]


def test_an_account_without_the_call_is_not_asked(announced: Deployment) -> None:
    announced.configure(CALL_TABLE=document({"schema": 2, "flows": {"upcoming": "off"}}))
    desk = Desk()
    desk.show()

    assert desk.ahead().clinicea == "off"
    assert announced.fake.requests("getAppointmentsByPatient") == []


def second(days: float, service: str = "") -> dict[str, str]:
    start = in_days(2) + timedelta(days=days)
    return form(day=start.date().isoformat(), time=start.strftime("%H:%M"), service=service)


@pytest.mark.parametrize(
    ("days", "service", "asks"),
    [
        (7, "follow-up ", True),
        (-1, "", True),
        (3, "Cleaning", False),
        (8, "Follow-up", False),
        (0, "Follow-up", False),
    ],
    ids=["a week", "service not told", "another service", "later", "the very same"],
)
def test_a_second_one_within_a_week_is_asked_about(
    deployment: Deployment, days: float, service: str, *, asks: bool
) -> None:
    desk = called(deployment, follow_up())
    sent = second(days, service) | {"ahead": desk.ahead().as_field}

    if asks:
        with pytest.raises(AnotherAhead) as asked:
            desk.book(sent)
        assert asked.value.start == in_days(2)
        assert asked.value.service is not None
        assert invented.leaks(str(asked.value)) == []
        assert deployment.stack.items("booking#") == []
    assert desk.book(sent | {"another": "yes" if asks else ""}).progress is Progress.TAKEN_DOWN
    assert desk.book(sent).repeated, "what was answered is not asked again"


def test_an_unfinished_booking_of_another_call_is_asked_about(deployment: Deployment) -> None:
    desk = called(deployment)
    booked_on_another_call(deployment, 6)

    with pytest.raises(AnotherAhead):
        desk.book(form())


@pytest.mark.parametrize("written", ["", "nonsense", "2031-03-03T10:00:00 naive", "\x00 \n\n +", "9" * 5000])
def test_a_changed_field_leaves_the_question_out(announced: Deployment, written: str) -> None:
    desk = Desk()
    desk.show()

    assert desk.book(form(ahead=written)).progress is Progress.TAKEN_DOWN
