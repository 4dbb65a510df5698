"""The list of tasks: an item of the ledger table for each, and pages of them from its index `open`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from convox_clinicea.bookings.tasks import DONE_LIST, OPEN_LIST, PREFIX, Task, TaskState, task_from, to_item
from convox_clinicea.deadline import Clock, fresh_token
from convox_clinicea.errors import ConnectorError, FieldProblem, InvalidRequest, raise_alone
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.table import MAX_PAGES, ConditionFailed, Contended, Item, Page, Put, Table, timestamp

MOST_IN_A_PAGE = 100
MOST_TRIES = 4


class TaskOvertaken(ConnectorError):
    """The task has changed since it was read."""

    retryable = True


@dataclass(frozen=True)
class TaskPage:
    """Some tasks, and where the next page starts; None: there are no more."""

    tasks: list[Task]
    after: str | None
    unreadable: int = 0


class Tasks:
    """Reads and writes tasks."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def get(self, task_id: str) -> Task | None:
        """Return a task, or None; raises TableUnavailable, UnreadableRecord."""
        item = self._table.get(f"{PREFIX}{task_id}")
        return None if item is None else task_from(item)

    def ask(self, task: Task) -> tuple[Task, bool]:
        """Store a task, and return it with whether the same had been asked for before.

        An unfinished task of the appointment takes the newer request; a done one is replaced.

        Raises:
            TableUnavailable, UnreadableRecord: it may not stand; the same may be asked for again.
        """
        for _ in range(MOST_TRIES):
            standing = self.get(task.task_id)
            if standing is not None and not standing.is_done:
                if (standing.kind, standing.new_booking_id) == (task.kind, task.new_booking_id):
                    return standing, True
                task = replace(task, seen_at=standing.seen_at)
            try:
                return self._write(task, standing), False
            except (TaskOvertaken, Contended):
                continue
        raise Contended("a task was changed by others at every try")

    def change(self, task: Task, changed: Task) -> Task:
        """Replace a task as it was read; raises TaskOvertaken, TableUnavailable."""
        return self._write(changed, task)

    def note(self, line: Put) -> None:
        """Write a line of the audit; raises ConditionFailed, TableUnavailable: nothing may be shown."""
        self._table.put(line)

    def _write(self, task: Task, standing: Task | None) -> Task:
        version = 1 if standing is None else standing.version + 1
        new = replace(task, version=version, write_token=fresh_token())
        if standing is None:
            put = Put(to_item(new), "attribute_not_exists(pk)")
        else:
            put = Put(to_item(new), "#version = :version", {":version": {"N": str(standing.version)}})
        try:
            self._table.put(put)
        except ConditionFailed:
            raise_alone(TaskOvertaken("a task has changed since it was read"))
        return new

    def page(self, states: Collection[TaskState], after: str | None = None, *, client: str | None = None) -> TaskPage:
        """Return the next tasks in these states, the one first whose last look is the longest ago.

        Unfinished and done tasks are lists of their own: asked for together, the unfinished come first.

        Args:
            after: from the previous page; raises InvalidRequest if it is none.
            client: only the tasks of this client.
        """
        lists = [OPEN_LIST] * bool(set(states) - {TaskState.DONE}) + [DONE_LIST] * (TaskState.DONE in states)
        kind, start = (lists[0], None) if after is None else _position(after)
        if kind not in lists:
            raise InvalidRequest(FieldProblem("after", "must be the value from the previous answer"))
        page = self._page(kind, start)
        found: list[Task] = []
        unreadable = 0
        for item in page.items:
            try:
                task = task_from(item)
            except UnreadableRecord:
                unreadable += 1
                continue
            if task.stage in states and client in (None, task.client):
                found.append(task)
            if len(found) == MOST_IN_A_PAGE and item is not page.items[-1]:
                return TaskPage(found, _cursor(item), unreadable)
        if page.after is not None:
            return TaskPage(found, _cursor(page.after), unreadable)
        following = lists[lists.index(kind) + 1 :]
        return TaskPage(found, following[0] if following else None, unreadable)

    def unfinished(self) -> Iterator[Task | None]:
        """Yield the unfinished tasks, the longest unseen first; None for one that this release cannot read."""
        start: Item | None = None
        for _ in range(MAX_PAGES):
            page = self._page(OPEN_LIST, start)
            for item in page.items:
                try:
                    yield task_from(item)
                except UnreadableRecord:
                    yield None
            start = page.after
            if start is None:
                return

    def _page(self, kind: str, start: Item | None) -> Page:
        return self._table.query_page("open", "#open = :kind", {"#open": "open"}, {":kind": {"S": kind}}, start)


def _cursor(item: Item) -> str:
    return "~".join((item["open"]["S"], item["queued_at"]["S"], item["pk"]["S"].removeprefix(PREFIX)))


def _position(after: str) -> tuple[str, Item | None]:
    """Return a page's list and the key before it; raises InvalidRequest."""
    kind, *key = after.split("~")
    if not key:
        return kind, None
    try:
        queued_at, name = key
        moment = timestamp(datetime.fromisoformat(queued_at))
    except ValueError:
        raise_alone(InvalidRequest(FieldProblem("after", "must be the value from the previous answer")))
    return kind, {"pk": {"S": f"{PREFIX}{name}"}, "open": {"S": kind}, "queued_at": {"S": moment}}
