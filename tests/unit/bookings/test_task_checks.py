"""A task ends by what Clinicea's calendar shows, and by nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import to_item
from convox_clinicea.bookings.task_checks import MOST_LOOKS, TaskCounts
from convox_clinicea.bookings.tasks import TaskKind, TaskOutcome, TaskProblem, TaskState
from convox_clinicea.deadline import Deadline
from convox_clinicea.table import Put, Table
from tests.support import invented
from tests.support.bench import Bench
from tests.support.tasks import LOOK, checks, look, task_of, visit

DAY = 86_400


@pytest.fixture
def told(bench: Bench) -> dict[str, Any]:
    """The appointment of the patient P-41 in three days."""
    told = visit(bench)
    bench.patient(appointments=[told])
    return told


def test_a_cancelled_appointment_ends_its_task(bench: Bench, told: dict[str, Any]) -> None:
    task = task_of(bench, told)

    before = look(bench, task)
    bench.fake.cancel("A-7", "the caller asked")
    after = look(bench, task)

    assert (before.stage, before.problem, before.seen_at) == (TaskState.OPEN, None, before.checked_at)
    assert (after.stage, after.outcome, after.done_at) == (TaskState.DONE, TaskOutcome.CANCELLED, bench.clock.now())
    assert list(bench.tasks.unfinished()) == []


def test_no_look_within_the_first_minute(bench: Bench, told: dict[str, Any]) -> None:
    task = task_of(bench, told)
    bench.fake.cancel("A-7")

    assert look(bench, task, seconds=59).stage is TaskState.OPEN
    assert bench.fake.requests() == []
    assert look(bench, task, seconds=1).outcome is TaskOutcome.CANCELLED


@pytest.mark.parametrize(("status", "outcome"), [("No Show", TaskOutcome.NO_SHOW), ("Check Out", TaskOutcome.ATTENDED)])
def test_a_visit_that_is_over_ends_its_task(bench: Bench, status: str, outcome: TaskOutcome) -> None:
    told = visit(bench, days=0.01, status=status)
    bench.patient(appointments=[told])

    assert look(bench, task_of(bench, told)).outcome is outcome


def test_an_unknown_status_word_ends_nothing(bench: Bench) -> None:
    told = visit(bench, status="Verschoben")
    bench.patient(appointments=[told])

    after = look(bench, task_of(bench, told))

    assert (after.stage, after.problem) == (TaskState.OPEN, TaskProblem.STATUS_UNCLEAR)


@pytest.mark.parametrize("by_patient", [True, False])
def test_a_moved_one_ends_a_cancellation(bench: Bench, told: dict[str, Any], *, by_patient: bool) -> None:
    task = task_of(bench, told)
    bench.fake.move("A-7", visit(bench, days=3.15)["start"])

    after = look(bench, task, by_patient=by_patient)

    assert (after.stage, after.outcome) == (TaskState.DONE, TaskOutcome.MOVED)


@pytest.mark.parametrize("changes", [{"kind": TaskKind.MOVE}, {"exact_start": False}])
def test_another_start_may_be_one_appointment_too_many(
    bench: Bench, told: dict[str, Any], changes: dict[str, Any]
) -> None:
    task = task_of(bench, told, **changes)
    bench.fake.move("A-7", visit(bench, days=3.15)["start"])

    after = look(bench, task)

    assert (after.stage, after.problem) == (TaskState.OPEN, TaskProblem.OTHER_START)


def test_one_that_was_seen_and_is_missing_twice_is_gone(bench: Bench, told: dict[str, Any]) -> None:
    task = task_of(bench, told)
    look(bench, task)
    bench.fake.cancel("A-7", delete=True)

    first, second = look(bench, task), look(bench, task)

    assert (first.stage, first.problem) == (TaskState.OPEN, TaskProblem.NOT_SHOWN)
    assert (second.stage, second.outcome) == (TaskState.DONE, TaskOutcome.GONE)


def test_one_that_no_look_has_seen_is_never_gone(bench: Bench) -> None:
    bench.patient()
    task = task_of(bench, visit(bench))

    for _ in range(3):
        after = look(bench, task)

    assert (after.stage, after.problem) == (TaskState.OPEN, TaskProblem.NOT_SHOWN)


def test_one_under_a_merged_record_still_stands(bench: Bench) -> None:
    told = visit(bench)
    bench.fake.add_patient(**invented.child(patient_id="P-42", appointments=[told]))
    bench.patient()

    after = look(bench, task_of(bench, told))

    assert (after.stage, after.problem) == (TaskState.OPEN, None)


@pytest.mark.parametrize("kind", ["status", "html"])
def test_an_unreadable_calendar_leaves_it_open_and_says_so(bench: Bench, told: dict[str, Any], kind: str) -> None:
    task = task_of(bench, told)
    bench.fake.cancel("A-7")
    for call in ("getAppointmentsByPatient", "getAppointmentsByDate"):
        bench.fake.fault(call, kind, **({"status": 500} if kind == "status" else {}))

    away = look(bench, task)
    bench.fake.clear_faults()

    assert (away.stage, away.problem, away.checked_at) == (TaskState.OPEN, TaskProblem.CALENDAR_UNREADABLE, None)
    assert look(bench, task).outcome is TaskOutcome.CANCELLED


def test_a_role_without_patients_lists_reads_the_day(bench: Bench, told: dict[str, Any]) -> None:
    task = task_of(bench, told)
    bench.fake.cancel("A-7")
    bench.fake.fault("getAppointmentsByPatient", "status", status=403)

    assert look(bench, task).outcome is TaskOutcome.CANCELLED


def test_a_passed_start_is_told_and_lapses(bench: Bench, told: dict[str, Any]) -> None:
    task = task_of(bench, told)
    bench.clock.advance(3.2 * DAY)

    counts = checks(bench).run(Deadline.after(bench.clock, 120))
    bench.clock.advance(2 * DAY)
    checks(bench).run(Deadline.after(bench.clock, 120))

    assert counts == TaskCounts(unfinished=1, overdue=1)
    after = bench.tasks.get(task.task_id)
    assert after is not None
    assert (after.stage, after.outcome) == (TaskState.DONE, TaskOutcome.LAPSED)
    assert checks(bench).run(Deadline.after(bench.clock, 120)) == TaskCounts()


def test_a_run_looks_at_some_and_the_next_at_the_others(bench: Bench) -> None:
    visits = [visit(bench, f"A-{number}", days=3 + number / 24) for number in range(MOST_LOOKS + 5)]
    bench.patient(appointments=visits)
    tasks = [task_of(bench, each) for each in visits]
    bench.clock.advance(LOOK)

    checks(bench).run(Deadline.after(bench.clock, 3600))
    first = [bench.tasks.get(each.task_id) for each in tasks]
    bench.clock.advance(LOOK)
    checks(bench).run(Deadline.after(bench.clock, 3600))
    second = [bench.tasks.get(each.task_id) for each in tasks]

    assert sum(each is not None and each.checked_at is not None for each in first) == MOST_LOOKS
    assert all(each is not None and each.checked_at is not None for each in second)


def test_a_run_without_time_looks_at_nothing(bench: Bench, told: dict[str, Any]) -> None:
    task_of(bench, told)
    bench.clock.advance(LOOK)

    assert checks(bench).run(Deadline.after(bench.clock, 5)) == TaskCounts(unfinished=1)
    assert bench.fake.requests() == []


class TestMove:
    """The old appointment may be cancelled once the new time is booked, and not before."""

    def test_it_opens_when_the_new_time_is_booked(self, bench: Bench, told: dict[str, Any]) -> None:
        booking = bench.accept()
        task = task_of(bench, told, kind=TaskKind.MOVE, stage=TaskState.WAITING, new_booking_id=booking.booking_id)

        before = look(bench, task)
        bench.ends(booking)
        after = look(bench, task)

        assert before.stage is TaskState.WAITING
        assert (after.stage, after.problem) == (TaskState.OPEN, None)

    @pytest.mark.parametrize(
        ("state", "stage", "outcome", "problem"),
        [
            (State.NEEDS_ATTENTION, TaskState.WAITING, None, TaskProblem.NEW_TIME_NEEDS_A_PERSON),
            (State.REJECTED, TaskState.DONE, TaskOutcome.NOT_MOVED, None),
        ],
    )
    def test_it_does_not_open_when_it_is_not(
        self,
        bench: Bench,
        told: dict[str, Any],
        state: State,
        stage: TaskState,
        outcome: TaskOutcome | None,
        problem: TaskProblem | None,
    ) -> None:
        booking = bench.accept()
        parked = bench.ledger.move(booking, State.NEEDS_ATTENTION, reason=Reason.OUTCOME_UNKNOWN)
        if state is State.REJECTED:
            bench.ledger.move(parked, state)
        task = task_of(bench, told, kind=TaskKind.MOVE, stage=TaskState.WAITING, new_booking_id=booking.booking_id)

        after = look(bench, task)

        assert (after.stage, after.outcome, after.problem) == (stage, outcome, problem)

    def test_a_new_time_that_is_the_old_appointment_cancels_nothing(self, bench: Bench, told: dict[str, Any]) -> None:
        booking = bench.accept()
        bench.ledger.book(booking, "A-7")
        task = task_of(bench, told, kind=TaskKind.MOVE, stage=TaskState.WAITING, new_booking_id=booking.booking_id)

        assert look(bench, task).outcome is TaskOutcome.NOT_MOVED

    def test_a_new_time_that_never_came_cancels_nothing(self, bench: Bench) -> None:
        task = task_of(
            bench,
            visit(bench, days=20),
            kind=TaskKind.MOVE,
            stage=TaskState.WAITING,
            new_booking_id=f"bk_{'a' * 26}",
        )

        assert look(bench, task, seconds=7 * DAY).stage is TaskState.WAITING
        assert look(bench, task, seconds=DAY).outcome is TaskOutcome.NOT_MOVED

    def test_a_booking_that_stands_for_the_new_time_counts(self, bench: Bench, told: dict[str, Any]) -> None:
        booking = bench.accept()
        task = task_of(bench, told, kind=TaskKind.MOVE, stage=TaskState.WAITING, new_booking_id=f"bk_{'a' * 26}")
        standing = replace(booking, wish_id=f"bk_{'a' * 26}")
        Table(aws.dynamodb(), bench.stack.table).put(Put(to_item(standing)))
        bench.ends(standing)

        assert look(bench, task).stage is TaskState.OPEN
