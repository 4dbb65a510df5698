"""Cancel and move at the desk: a task for a person, listed, and ended by what Clinicea's calendar shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.task_list import Tasks
from convox_clinicea.bookings.tasks import PREFIX, TaskReason
from convox_clinicea.deadline import Deadline, SystemClock
from convox_clinicea.desk.states import Progress
from convox_clinicea.errors import InvalidRequest, NotFound, NotShown
from convox_clinicea.table import Table
from tests.support import invented, permissions
from tests.support.bookings import AGENT_ID, CALL_ID
from tests.support.deployment import Deployment
from tests.support.desk import ANOTHER, CALL, Desk, form, new_form


@pytest.fixture
def desk(announced: Deployment) -> Desk:
    """An agent who sees the patient P-41."""
    desk = Desk()
    desk.show()
    return desk


@pytest.fixture
def booked(announced: Deployment, desk: Desk) -> str:
    """The id of a booking of the call, made in Clinicea."""
    state = desk.book(form())
    announced.deliver()
    return str(state.booking_id)


def tasks_of(deployment: Deployment) -> Tasks:
    return Tasks(Table(aws.dynamodb(), deployment.stack.table), SystemClock())


def minutes_pass(deployment: Deployment) -> None:
    """Make each unfinished task two minutes older."""
    tasks = tasks_of(deployment)
    for task in list(tasks.unfinished()):
        assert task is not None
        tasks.change(task, replace(task, asked_at=task.asked_at - timedelta(minutes=2)))


def looked(deployment: Deployment) -> None:
    minutes_pass(deployment)
    deployment.reconcile()


def test_a_cancellation_is_listed_until_the_calendar_shows_it(
    announced: Deployment, desk: Desk, booked: str, capsys: pytest.CaptureFixture[str]
) -> None:
    appointment_id = str(announced.booking(booked).appointment_id)
    sent = [each["call"] for each in announced.fake.requests()]

    task = desk.cancel(booked, note=f"{invented.FIRST_NAME} goes abroad")
    (told,) = announced.tasks().body["tasks"]
    looked(announced)
    (open_still,) = announced.tasks(state="open").body["tasks"]
    announced.fake.cancel(appointment_id, "by hand")
    looked(announced)

    assert sent == [each["call"] for each in announced.fake.requests()][: len(sent)]
    assert {"postAppointmentByPatientID", "updateAppointment"}.isdisjoint(
        each["call"] for each in announced.fake.requests()[len(sent) :]
    )
    assert told == {
        "task_id": task.task_id,
        "kind": "cancel",
        "state": "open",
        "why": "caller_asked",
        "appointment_id": appointment_id,
        "clinic_id": "C-01",
        "start": told["start"],
        "booking_id": booked,
        "new_booking_id": None,
        "call_id": CALL_ID,
        "agent_id": AGENT_ID,
        "asked_at": told["asked_at"],
        "checked_at": None,
        "problem": None,
        "outcome": None,
        "done_at": None,
    }
    assert open_still["checked_at"] is not None
    assert announced.tasks().body["tasks"] == []
    (done,) = announced.tasks(state="done").body["tasks"]
    assert (done["state"], done["outcome"]) == ("done", "cancelled")
    said = capsys.readouterr().out
    assert '"OpenTasks":[1' in said.replace(" ", "")
    assert not invented.leaks(said)


def test_what_was_asked_for_is_no_difference_of_the_night(announced: Deployment, desk: Desk, booked: str) -> None:
    appointment_id = str(announced.booking(booked).appointment_id)
    announced.fake.cancel(appointment_id)
    before = announced.function("reconcile").invoke({})["discrepancies"]

    desk.cancel(booked)

    assert [each["finding"] for each in before] == ["cancelled"]
    assert announced.function("reconcile").invoke({})["discrepancies"] == []


def test_it_is_asked_for_once(announced: Deployment, desk: Desk, booked: str) -> None:
    first, again = desk.cancel(booked), desk.cancel(booked, why="other")

    assert (again.version, again.why, first.why) == (1, TaskReason.CALLER_ASKED, TaskReason.CALLER_ASKED)
    assert len(announced.tasks().body["tasks"]) == 1


def test_the_stored_task_names_nobody(announced: Deployment, desk: Desk, booked: str) -> None:
    task = desk.cancel(booked, note=f"{invented.FIRST_NAME} {invented.MOBILE}")

    (item,) = announced.stack.items(PREFIX)
    assert not invented.leaks(str({name: value for name, value in item.items() if name != "sealed"}))
    assert task.person == desk.person.subject
    context = {"item": f"{PREFIX}{task.task_id}"}
    opened = aws.kms().decrypt(CiphertextBlob=task.sealed or b"", EncryptionContext=context)
    assert invented.FIRST_NAME in opened["Plaintext"].decode()


@pytest.mark.parametrize("changes", [{"why": ""}, {"why": "because"}, {"note": "x" * 301}])
def test_a_reason_is_required(announced: Deployment, desk: Desk, booked: str, changes: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        desk.cancel(booked, **changes)

    assert announced.stack.items(PREFIX) == []


def test_only_what_is_booked_can_be_cancelled(announced: Deployment, desk: Desk) -> None:
    state = desk.book(form())

    with pytest.raises(NotFound):
        desk.cancel(str(state.booking_id))
    with pytest.raises(NotFound):
        desk.cancel(f"bk_{'a' * 26}")


def test_another_agent_s_booking_cannot_be_cancelled(announced: Deployment, booked: str) -> None:
    announced.popup({**CALL, "agent_id": ANOTHER.agent_id, "call_id": "CALL-7002"})
    other = Desk(ANOTHER)

    with pytest.raises(NotFound):
        other.services.tasks.of_booking(other.call("CALL-7002"), booked)


def test_a_new_patient_s_appointment_id_is_not_handed_out(deployment: Deployment) -> None:
    deployment.popup(CALL)
    desk = Desk()
    desk.show()
    state = desk.book(new_form())
    deployment.deliver()

    task = desk.cancel(str(state.booking_id))

    assert task.appointment_id == deployment.booking(str(state.booking_id)).appointment_id
    assert [each["appointment_id"] for each in deployment.tasks().body["tasks"]] == [None]


class TestMove:
    def test_the_old_one_may_be_cancelled_once_the_new_one_stands(
        self, announced: Deployment, desk: Desk, booked: str
    ) -> None:
        state = desk.move(booked, form(time="23:30"))
        again = desk.move(booked, form(time="23:30"))

        looked(announced)
        (waiting,) = announced.tasks().body["tasks"]
        announced.deliver()
        looked(announced)
        (opened,) = announced.tasks().body["tasks"]

        assert (state.progress, again.repeated) == (Progress.TAKEN_DOWN, True)
        assert (waiting["kind"], waiting["state"]) == ("move", "waiting")
        assert (waiting["booking_id"], waiting["new_booking_id"]) == (booked, state.booking_id)
        assert announced.booking(str(state.booking_id)).state.value == "booked"
        assert opened["state"] == "open"
        announced.fake.cancel(str(announced.booking(booked).appointment_id))
        looked(announced)
        assert announced.tasks(state="done").body["tasks"][0]["outcome"] == "cancelled"

    def test_a_new_patient_s_own_booking_can_be_moved(self, deployment: Deployment) -> None:
        deployment.popup(CALL)
        desk = Desk()
        desk.show()
        old = desk.book(new_form())
        deployment.deliver()

        new = desk.move(str(old.booking_id), {"day": form()["day"], "time": "23:30"})
        deployment.deliver()

        assert deployment.booking(str(new.booking_id)).state.value == "booked"
        assert deployment.booking(str(new.booking_id)).clinic_id == "C-01"

    def test_a_second_new_time_is_refused_while_the_first_may_stand(
        self, announced: Deployment, desk: Desk, booked: str
    ) -> None:
        first = desk.move(booked, form(time="23:30"))

        with pytest.raises(InvalidRequest):
            desk.move(booked, form(time="22:30"))

        (task,) = announced.tasks().body["tasks"]
        assert task["new_booking_id"] == first.booking_id
        assert len(announced.stack.items("booking#")) == 2

    def test_a_form_that_cannot_be_booked_leaves_no_task(self, announced: Deployment, desk: Desk, booked: str) -> None:
        with pytest.raises(InvalidRequest):
            desk.move(booked, form(day="2019-01-01"))

        assert announced.stack.items(PREFIX) == []

    def test_at_the_call_s_end_it_waits_too(self, announced: Deployment, desk: Desk, booked: str) -> None:
        state = desk.move(booked, form(time="23:30"), at_call_end=True)
        looked(announced)
        (waiting,) = announced.tasks().body["tasks"]
        announced.call_status({**CALL, "disposition": "enquiry"})
        announced.deliver()
        looked(announced)

        assert state.at_call_end
        assert waiting["state"] == "waiting"
        assert [each["state"] for each in announced.tasks().body["tasks"]] == ["open"]

    def test_a_failure_between_task_and_booking_loses_neither(
        self, announced: Deployment, desk: Desk, booked: str
    ) -> None:
        class Crash(Exception):
            pass

        def crash(*_: object) -> None:
            raise Crash

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("convox_clinicea.bookings.intake.Intake.accept", crash)
            with pytest.raises(Crash):
                desk.move(booked, form(time="23:30"))
        looked(announced)
        (task,) = announced.tasks().body["tasks"]
        state = desk.move(booked, form(time="23:30"))

        assert task["state"] == "waiting"
        assert task["new_booking_id"] == state.booking_id


class TestOfAPatientWhoWasShown:
    def test_an_appointment_ahead_can_be_cancelled(self, announced: Deployment, desk: Desk, booked: str) -> None:
        appointment_id = str(announced.booking(booked).appointment_id)
        deadline = Deadline.after(SystemClock(), 5)
        tasks, call = desk.services.tasks, desk.call()

        with permissions.running("agent_desk"):
            found = tasks.of_patient(desk.person, call, "P-41", appointment_id, deadline)

        assert (found.appointment_id, found.start, found.booking_id) == (
            appointment_id,
            announced.booking(booked).start,
            None,
        )

    def test_others_cannot(self, announced: Deployment, desk: Desk) -> None:
        announced.fake.add_patient(**invented.child(patient_id="P-42", mobile="+919999900077"))
        deadline = Deadline.after(SystemClock(), 5)

        with pytest.raises(NotShown):
            desk.services.tasks.of_patient(desk.person, desk.call(), "P-42", "A-1", deadline)
        with pytest.raises(NotFound):
            desk.services.tasks.of_patient(desk.person, desk.call(), "P-41", "A-1", deadline)


@pytest.mark.parametrize("query", [{"state": "someday"}, {"after": "x"}, {"after": "y" * 101}])
def test_a_list_that_does_not_exist_is_refused(deployment: Deployment, query: dict[str, str]) -> None:
    deployment.tasks(**query).is_error(400, "invalid_request", *query)
