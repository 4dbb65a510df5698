"""Cancel and move beside what is booked, and what the page says of the task."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from convox_clinicea.bookings.tasks import Task, TaskKind, TaskOutcome, TaskReason, TaskState
from convox_clinicea.desk.opening import Unconfirmed, answer_to
from convox_clinicea.desk.pages import key_of
from convox_clinicea.desk.tasks import Wanted
from convox_clinicea.errors import FieldProblem, NotStored
from convox_clinicea.table import TableUnavailable
from tests.support.desk_browser import DESK, Browser
from tests.unit.desk.stand_ins import SINCE, Services

CALL = f"calls/{key_of('call-1')}"
WHY = {"booking_id": "b-1", "why": "cannot_come", "note": "Arun Samplewala goes abroad"}
NOW = datetime(2031, 3, 1, tzinfo=UTC)


def task(kind: TaskKind, stage: TaskState, outcome: TaskOutcome | None = None) -> Task:
    return Task(
        task_id=f"tk_{'a' * 26}",
        kind=kind,
        stage=stage,
        why=TaskReason.OTHER,
        client="convox",
        agent_id="agent-7",
        call_id="call-1",
        person="0d2f0a52-person",
        appointment_id="A-1",
        clinic_id="andheri",
        start=SINCE,
        asked_at=NOW,
        queued_at=NOW,
        outcome=outcome,
    )


def test_what_is_booked_can_be_cancelled(signed_in: Browser, services: Services) -> None:
    bookings = signed_in.get(f"{CALL}/bookings", fragment=True)
    done = signed_in.post(f"{CALL}/cancel", WHY | {"token": bookings.token}, fragment=True)

    assert "Cancel…" in bookings.text
    assert "Until then it stands." in bookings.text
    assert done.headers["HX-Retarget"] == ["#bookings"]
    assert services.changed == [("b-1", Wanted(TaskReason.CANNOT_COME, WHY["note"]), {})]


def test_a_move_sends_the_new_time(signed_in: Browser, services: Services) -> None:
    bookings = signed_in.get(f"{CALL}/bookings", fragment=True)
    new = {"day": "2031-03-05", "time": "09:30"}

    signed_in.post(f"{CALL}/move", WHY | new | {"token": bookings.token}, fragment=True)

    ((booking_id, wanted, form),) = services.changed
    assert (booking_id, wanted.why) == ("b-1", TaskReason.CANNOT_COME)
    assert new.items() <= form.items()
    assert "token" not in form


def test_a_move_outside_hours_is_asked_about_in_its_own_form(signed_in: Browser, services: Services) -> None:
    closed = FieldProblem("outside_hours", "Andheri is closed on Sun 9 Mar.")
    services.refused = Unconfirmed(closed)
    sent = WHY | {"token": signed_in.get(CALL).token, "day": "2031-03-09", "time": "09:30"}

    asked = signed_in.post(f"{CALL}/move", sent, fragment=True)
    services.refused = None
    signed_in.post(f"{CALL}/move", sent | {"confirmed": f"outside_hours={answer_to(closed)}"}, fragment=True)

    assert (asked.status, closed.message in asked.text) == (400, True)
    assert f'<button name="confirmed" value="outside_hours={answer_to(closed)}">Book outside hours<' in asked.body
    ((_, _, form),) = services.changed
    assert form["outside_hours"] == answer_to(closed)


def test_without_scripts_it_leads_back_to_the_call(signed_in: Browser, services: Services) -> None:
    bookings = signed_in.get(f"{CALL}/bookings", fragment=True)

    page = signed_in.post(f"{CALL}/cancel", WHY | {"token": bookings.token})

    assert (page.status, page.address) == (200, f"{DESK}/{CALL}")
    assert len(services.changed) == 1


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"why": ""}, 400, "Why: is required"),
        ({"why": "because"}, 400, "Why: is required"),
        ({"note": "x" * 301}, 400, "Note: must have at most 300 characters"),
        ({"booking_id": "b-2"}, 404, "not found"),
    ],
)
@pytest.mark.parametrize("act", ["cancel", "move"])
def test_what_cannot_be_understood_changes_nothing(
    signed_in: Browser, services: Services, act: str, changes: dict[str, str], status: int, said: str
) -> None:
    bookings = signed_in.get(f"{CALL}/bookings", fragment=True)

    answer = signed_in.post(f"{CALL}/{act}", WHY | changes | {"token": bookings.token}, fragment=True)

    assert answer.status == status
    assert said.lower() in answer.text.lower()
    assert services.changed == []


def test_a_task_that_was_not_stored_is_said(signed_in: Browser, services: Services) -> None:
    bookings = signed_in.get(f"{CALL}/bookings", fragment=True)
    services.refused = NotStored("table")

    assert signed_in.post(f"{CALL}/cancel", WHY | {"token": bookings.token}, fragment=True).status == 503


def test_a_form_without_the_session_s_token_changes_nothing(signed_in: Browser, services: Services) -> None:
    signed_in.post(f"{CALL}/cancel", WHY | {"token": "another"}, fragment=True)

    assert services.changed == []


@pytest.mark.parametrize(
    ("found", "said", "offered"),
    [
        (task(TaskKind.CANCEL, TaskState.OPEN), "is to be cancelled in Clinicea by a person", False),
        (task(TaskKind.MOVE, TaskState.WAITING), "stands until the new time is booked", False),
        (task(TaskKind.MOVE, TaskState.OPEN), "moved; is to be cancelled", False),
        (task(TaskKind.CANCEL, TaskState.DONE, TaskOutcome.CANCELLED), "cancelled in Clinicea", False),
        (task(TaskKind.MOVE, TaskState.DONE, TaskOutcome.NOT_MOVED), "Move…", True),
    ],
)
def test_the_page_says_how_the_task_stands(
    signed_in: Browser, services: Services, found: Task, said: str, *, offered: bool
) -> None:
    services.tasks_of = {"b-1": found}

    page = signed_in.get(f"{CALL}/bookings", fragment=True)

    assert said in page.text
    assert ("Have it cancelled" in page.text) is offered


def test_bookings_are_shown_though_tasks_cannot_be_read(signed_in: Browser, services: Services) -> None:
    services.refused = TableUnavailable("away")

    page = signed_in.get(f"{CALL}/bookings", fragment=True)

    assert page.status == 200
    assert "booked, A-1" in page.text


def test_each_reason_can_be_chosen(signed_in: Browser) -> None:
    page = signed_in.get(f"{CALL}/bookings", fragment=True)

    assert set(re.findall(r'<option value="([a-z_]+)">', page.body)) == {each.value for each in TaskReason}
