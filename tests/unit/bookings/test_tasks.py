"""The list of tasks: one for each appointment, in pages, and what a later release wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.task_list import MOST_IN_A_PAGE, TaskOvertaken
from convox_clinicea.bookings.tasks import (
    RETENTION,
    UNFINISHED,
    Task,
    TaskKind,
    TaskOutcome,
    TaskState,
    task_from,
    to_item,
)
from convox_clinicea.errors import InvalidRequest
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.table import Put, Table
from tests.support.bench import Bench
from tests.support.tasks import task_of, visit


def listed(bench: Bench, states: Sequence[TaskState], client: str | None = None) -> list[Task]:
    """All tasks of all pages."""
    found: list[Task] = []
    after: str | None = None
    for _ in range(20):
        page = bench.tasks.page(states, after, client=client)
        found += page.tasks
        after = page.after
        if after is None:
            return found
    raise AssertionError("the pages do not end")


def test_a_task_is_read_as_it_was_written(bench: Bench) -> None:
    task = task_of(bench, visit(bench), sealed=b"sealed", persons=("one", "two"), booking_id=f"bk_{'a' * 26}")

    assert bench.tasks.get(task.task_id) == task
    assert "sealed" not in repr(task)


def test_the_same_is_asked_for_once(bench: Bench) -> None:
    task = task_of(bench, visit(bench))

    again, repeated = bench.tasks.ask(replace(task, agent_id="agent-13"))

    assert (again, repeated) == (task, True)
    assert listed(bench, UNFINISHED) == [task]


def test_the_newer_wish_counts_while_it_is_not_done(bench: Bench) -> None:
    seen = task_of(bench, visit(bench))
    bench.tasks.change(seen, replace(seen, seen_at=bench.clock.now()))

    moved = task_of(bench, visit(bench), kind=TaskKind.MOVE, stage=TaskState.WAITING, new_booking_id="bk_n")

    assert listed(bench, UNFINISHED) == [moved]
    assert moved.seen_at == bench.clock.now()


def test_a_done_one_may_be_asked_for_again(bench: Bench) -> None:
    task = task_of(bench, visit(bench))
    done = bench.tasks.change(task, task.ended(TaskOutcome.CANCELLED, bench.clock.now()))
    assert listed(bench, [TaskState.DONE]) == [done]

    again = task_of(bench, visit(bench))

    assert listed(bench, UNFINISHED) == [again]
    assert listed(bench, [TaskState.DONE]) == []


def test_a_done_one_is_kept_for_a_while_and_others_without_end(bench: Bench) -> None:
    task = task_of(bench, visit(bench))
    done = task.ended(TaskOutcome.CANCELLED, bench.clock.now())

    assert task.expires_at is None
    assert done.expires_at == task.start + RETENTION


def test_who_has_read_an_older_one_cannot_write(bench: Bench) -> None:
    task = task_of(bench, visit(bench))
    bench.tasks.change(task, replace(task, seen_at=bench.clock.now()))

    with pytest.raises(TaskOvertaken):
        bench.tasks.change(task, task.ended(TaskOutcome.CANCELLED, bench.clock.now()))


def test_pages_show_each_once_whatever_their_number(bench: Bench) -> None:
    tasks = [task_of(bench, visit(bench, f"A-{number}")) for number in range(MOST_IN_A_PAGE + 7)]
    for task in tasks[:3]:
        bench.tasks.change(task, task.ended(TaskOutcome.CANCELLED, bench.clock.now()))

    unfinished = listed(bench, UNFINISHED)
    both = listed(bench, [*TaskState])

    assert sorted(each.task_id for each in unfinished) == sorted(each.task_id for each in tasks[3:])
    assert sorted(each.task_id for each in both) == sorted(each.task_id for each in tasks)


def test_a_client_sees_its_own_and_a_state_alone(bench: Bench) -> None:
    own = task_of(bench, visit(bench, "A-1"))
    waiting = task_of(bench, visit(bench, "A-2"), stage=TaskState.WAITING, kind=TaskKind.MOVE, new_booking_id="bk_n")
    task_of(bench, visit(bench, "A-3"), client="another")

    assert listed(bench, [TaskState.OPEN], "convox") == [own]
    assert listed(bench, [TaskState.WAITING], "convox") == [waiting]


@pytest.mark.parametrize(
    "after", ["x", "task~x", "task~2031-01-01~a~b", "booking~2031-01-01T00:00:00Z~a", "~", "task_done"]
)
def test_a_position_of_no_page_is_refused(bench: Bench, after: str) -> None:
    with pytest.raises(InvalidRequest):
        bench.tasks.page(UNFINISHED, after)


def test_what_a_later_release_wrote_is_counted_and_left(bench: Bench) -> None:
    task = task_of(bench, visit(bench))
    later = {**to_item(task), "schema_version": {"N": "9"}}
    Table(aws.dynamodb(), bench.stack.table).put(Put(later))  # type: ignore[arg-type]  # of plain texts

    assert bench.tasks.page(UNFINISHED).unreadable == 1
    assert list(bench.tasks.unfinished()) == [None]
    with pytest.raises(UnreadableRecord):
        task_of(bench, visit(bench))


@pytest.mark.parametrize("changes", [{"kind": {"S": "dance"}}, {"why": {"S": "?"}}, {"surprise": {"S": "x"}}])
def test_a_word_that_this_release_does_not_know_is_not_guessed(
    bench: Bench, changes: dict[str, dict[str, str]]
) -> None:
    item = {**to_item(task_of(bench, visit(bench))), **changes}

    with pytest.raises(UnreadableRecord):
        task_from(item)  # type: ignore[arg-type]  # of plain texts
