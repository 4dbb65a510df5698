"""What the desk keeps of a caller, as a request of theirs finds, copies and removes it.

Announced calls, drafts, results of look-ups and bookings that wait for a call's end: each item lists the HMACs of whom
it holds something. It is sealed and gone within a week. A task, what a person has to do in Clinicea, is kept longer. A
restore puts back the bookings alone, so only their erasure is in the journal of erasures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from convox_clinicea.announcements import CALLS_PREFIX, PERSONS, AgentCall, AgentCalls
from convox_clinicea.bookings.tasks import PREFIX as TASK_PREFIX
from convox_clinicea.bookings.tasks import is_unfinished
from convox_clinicea.bookings.waiting_bookings import PREFIX as WAITING_PREFIX
from convox_clinicea.bookings.waiting_bookings import bookings_in, journal_key, put_of
from convox_clinicea.deadline import Clock, fresh_token
from convox_clinicea.errors import raise_alone
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.table import ConditionFailed, Contended, Item, Put, Table

PREFIX = "desk-"
KINDS = {
    CALLS_PREFIX: "announced call",
    WAITING_PREFIX: "booking at the call's end",
    "desk-draft#": "draft",
    "desk-found#": "look-up",
    TASK_PREFIX: "task in Clinicea",
}
"""The desk's items with data of callers, in words for an operator. All others hold nothing of a caller."""
MOST_TRIES = 4


@dataclass(frozen=True)
class DeskRecord:
    """One item that holds something of the person.

    Attributes:
        until: when it is gone, if nothing renews it; None for a task that is not done.
        sealed: the person's parts of it, encrypted for the item.
    """

    key: str
    until: datetime | None
    sealed: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def kind(self) -> str:
        """What it is, in words for an operator."""
        return next((word for prefix, word in KINDS.items() if self.key.startswith(prefix)), "record")


def record_of(item: Item, keys: frozenset[str]) -> DeskRecord:
    """Return what an item holds of the person with these keys; of whatever version the item is."""
    told: Mapping[str, Any] = item
    parts = [each["M"] for name in ("calls", "bookings") for each in told.get(name, {"L": ()})["L"]]
    of_the_person = [each for each in parts if not keys.isdisjoint(_persons(each))] if parts else [told]
    return DeskRecord(
        item["pk"]["S"],
        datetime.fromtimestamp(int(told["expires_at"]["N"]), UTC) if "expires_at" in told else None,
        tuple(each["sealed"]["B"] for each in of_the_person if "sealed" in each),
    )


def _persons(part: Mapping[str, Any]) -> set[str]:
    """Return the keys in one call or one booking of an item."""
    number = {part["number_key"]["S"]} if "number_key" in part else set()
    return number | {each["S"] for each in part.get(PERSONS, {"L": ()})["L"]}


class DeskRecords:
    """Erases one person from items of the desk."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._calls = AgentCalls(table, clock)

    def erase(self, record: DeskRecord, keys: frozenset[str], noted: Callable[[str], Put], *, open_too: bool) -> bool:
        """Erase the person with these keys; False where a booking has yet to be made, or a task to be done.

        Args:
            noted: gives the journal's entry for an erased record.

        Raises:
            TableUnavailable: it may or may not be erased.
            UnreadableRecord: a later release wrote it.
        """
        if record.key.startswith(CALLS_PREFIX):
            self._calls.change(record.key, lambda calls: [_without(each, keys) for each in calls])
            return True
        if record.key.startswith(WAITING_PREFIX):
            return self._erase_waiting(record.key, keys, noted, open_too=open_too)
        if record.key.startswith(TASK_PREFIX) and not open_too and is_unfinished(self._table.get(record.key) or {}):
            return False
        try:
            self._table.delete(record.key, "attribute_exists(pk)", {})
        except ConditionFailed as failed:
            if failed.standing:
                raise_alone(UnreadableRecord("a record of the desk of a later version"))
        return True

    def _erase_waiting(self, key: str, keys: frozenset[str], noted: Callable[[str], Put], *, open_too: bool) -> bool:
        for _ in range(MOST_TRIES):
            standing = self._table.get(key)
            bookings = bookings_in(standing)
            theirs = [each for each in bookings if not keys.isdisjoint(each.persons)]
            if not theirs:
                return True
            if not open_too and any(not each.problems for each in theirs):
                return False
            left = [each for each in bookings if each not in theirs]
            entries = [noted(journal_key(key, each.wish_id)) for each in theirs]
            try:
                self._table.put_all([put_of(key, standing, left, self._clock.now()), *entries], fresh_token())
            except (ConditionFailed, Contended):
                continue
            return True
        return False


def _without(call: AgentCall, keys: frozenset[str]) -> AgentCall:
    return replace(call, sealed=None, number_key=None) if call.number_key in keys else call
