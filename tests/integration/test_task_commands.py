"""`connector tasks`: what it prints, what it keeps to itself, and what the audit has of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from commands import tasks
from commands.cli_support import Output, Session
from convox_clinicea import aws
from convox_clinicea.bookings.task_list import Tasks
from convox_clinicea.bookings.tasks import Task
from convox_clinicea.deadline import SystemClock
from convox_clinicea.errors import InvalidRequest
from convox_clinicea.table import Table
from tests.support import invented
from tests.support.deployment import Deployment
from tests.support.desk import Desk, form

WHO = "arn:aws:sts::123456789012:assumed-role/FrontDesk/asha"
WHY = "I cancel it now"
NOTE = f"{invented.FIRST_NAME}, file F-41"


@pytest.fixture
def task(announced: Deployment) -> Task:
    """A task of the patient P-41 with a note."""
    desk = Desk()
    desk.show()
    state = desk.book(form())
    announced.deliver()
    return desk.cancel(str(state.booking_id), note=NOTE)


def session(deployment: Deployment, *, as_json: bool = False) -> Session:
    ask = deployment.function("booking_actions").invoke
    return Session(Output(as_json=as_json), ask, "the stack", lambda: WHO)


def test_the_list_says_what_to_do_and_names_nobody(
    announced: Deployment, task: Task, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tasks.tell(session(announced)) == 0

    said = capsys.readouterr().out
    assert "the stack: 1 task\n" in said
    assert f"clinic C-01  appointment {task.appointment_id}  cancel: caller_asked  agent agent-12" in said
    assert f"{task.task_id}  cancel it in Clinicea" in said
    assert not invented.leaks(said)
    assert "P-41" not in said


def test_programs_get_one_document(announced: Deployment, task: Task, capsys: pytest.CaptureFixture[str]) -> None:
    assert tasks.tell(session(announced, as_json=True), ["open", "done"]) == 0

    document = json.loads(capsys.readouterr().out)
    (told,) = document["tasks"]
    assert (told["task_id"], told["state"], told["has_note"], told["person"]) == (
        task.task_id,
        "open",
        True,
        task.person,
    )
    assert {"sealed", "patient_id", "persons"}.isdisjoint(told)


def test_one_whose_start_has_passed_is_said(
    announced: Deployment, task: Task, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = Tasks(Table(aws.dynamodb(), announced.stack.table), SystemClock())
    stored.change(task, replace(task, start=datetime.now(UTC) - timedelta(hours=1)))

    assert tasks.tell(session(announced)) == 1
    assert "1 task, 1 overdue" in capsys.readouterr().out


def test_one_is_shown_without_its_note(announced: Deployment, task: Task, capsys: pytest.CaptureFixture[str]) -> None:
    assert tasks.show(session(announced), task.task_id) == 0
    assert tasks.show(session(announced), f"tk_{'a' * 26}") == 1

    said = capsys.readouterr()
    assert "it has a note; --full shows it" in said.out
    assert "there is no such task" in said.err
    assert not invented.leaks(said.out)


def test_patient_and_note_are_shown_for_a_reason_that_is_kept(
    announced: Deployment, task: Task, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tasks.show_full(session(announced), task.task_id, WHY, kms=aws.kms()) == 0

    said = capsys.readouterr().out
    assert f"patient P-41\n  note {NOTE}" in said
    (line,) = announced.stack.items(f"act#{task.task_id}#")
    assert (line["who"]["S"], line["why"]["S"], line["what"]["S"]) == (WHO, WHY, "show")


def test_without_a_reason_the_function_shows_nothing(announced: Deployment, task: Task) -> None:
    order = {"action": "full_task", "task_id": task.task_id, "who": WHO}

    for why in ({}, {"why": ""}, {"why": f"call {invented.MOBILE}"}):
        with pytest.raises(InvalidRequest):
            announced.function("booking_actions").invoke(order | why)

    assert announced.stack.items("act#") == []


def test_an_erasure_leaves_an_open_task_and_takes_a_done_one(announced: Deployment, task: Task) -> None:
    order = {"action": "erase", "patient_id": "P-41", "who": WHO, "why": "asked in writing", "open_too": False}
    requests = announced.function("data_requests")

    kept = requests.invoke(order)
    stored = Tasks(Table(aws.dynamodb(), announced.stack.table), SystemClock())
    assert stored.get(task.task_id) is not None
    requests.invoke(order | {"open_too": True})

    assert stored.get(task.task_id) is None
    assert {"kind": "task in Clinicea", "kept": "open"} in kept["desk"]
