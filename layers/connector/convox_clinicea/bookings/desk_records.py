"""What the desk keeps of a caller for a day, as an erasure finds and removes it.

Announced calls, drafts, prefetched results and bookings that wait for a call's end: each item lists the HMACs of whom
it holds something. It is sealed and gone within a week. A task, what a person has to do in Clinicea, is kept longer. No
restore brings any of them back, so the journal of erasures does not name them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from convox_clinicea.announcements import CALLS_PREFIX, PERSONS, AgentCall, AgentCalls
from convox_clinicea.bookings.tasks import PREFIX as TASK_PREFIX
from convox_clinicea.bookings.tasks import is_unfinished
from convox_clinicea.bookings.waiting_bookings import PREFIX as WAITING_PREFIX
from convox_clinicea.bookings.waiting_bookings import bookings_in, put_of
from convox_clinicea.deadline import Clock
from convox_clinicea.errors import raise_alone
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.table import ConditionFailed, Contended, Item, Table

PREFIX = "desk-"
KINDS = {
    CALLS_PREFIX: "announced call",
    WAITING_PREFIX: "booking at the call's end",
    TASK_PREFIX: "task in Clinicea",
}
MOST_TRIES = 4


@dataclass(frozen=True)
class DeskRecord:
    """One item that holds something of the person."""

    key: str
    persons: frozenset[str]

    @property
    def kind(self) -> str:
        """What it is, in words for an operator."""
        return next((word for prefix, word in KINDS.items() if self.key.startswith(prefix)), "draft or look-up")


def record_of(item: Item) -> DeskRecord:
    """Read the names in an item, of whatever version."""
    return DeskRecord(item["pk"]["S"], frozenset(each["S"] for each in item[PERSONS]["L"]))


class DeskRecords:
    """Erases one person from items of the desk."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._calls = AgentCalls(table, clock)

    def erase(self, record: DeskRecord, keys: frozenset[str], *, open_too: bool) -> bool:
        """Erase the person with these keys; False where a booking has yet to be made, or a task to be done.

        Raises:
            TableUnavailable: it may or may not be erased.
            UnreadableRecord: a later release wrote it.
        """
        if record.key.startswith(CALLS_PREFIX):
            self._calls.change(record.key, lambda calls: [_without(each, keys) for each in calls])
            return True
        if record.key.startswith(WAITING_PREFIX):
            return self._erase_waiting(record.key, keys, open_too=open_too)
        if record.key.startswith(TASK_PREFIX) and not open_too and is_unfinished(self._table.get(record.key) or {}):
            return False
        try:
            self._table.delete(record.key, "attribute_exists(pk)", {})
        except ConditionFailed as failed:
            if failed.standing:
                raise_alone(UnreadableRecord("a record of the desk of a later version"))
        return True

    def _erase_waiting(self, key: str, keys: frozenset[str], *, open_too: bool) -> bool:
        for _ in range(MOST_TRIES):
            standing = self._table.get(key)
            bookings = bookings_in(standing)
            theirs = [each for each in bookings if not keys.isdisjoint(each.persons)]
            if not theirs:
                return True
            if not open_too and any(not each.problems for each in theirs):
                return False
            left = [each for each in bookings if each not in theirs]
            try:
                self._table.put(put_of(key, standing, left, self._clock.now()))
            except (ConditionFailed, Contended):
                continue
            return True
        return False


def _without(call: AgentCall, keys: frozenset[str]) -> AgentCall:
    return replace(call, sealed=None, number_key=None) if call.number_key in keys else call
