"""Calls announced by a pop-up, until their status callback comes (rule 21): ids and a time, no patient data.

A callback that never reached the connector leaves no other trace. ConVox gives a transferred call to the next agent
under the same id, and sends a pop-up and a status callback for each, so here a call is a call id with its agent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from convox_clinicea.deadline import Clock
from convox_clinicea.errors import raise_alone
from convox_clinicea.items import SCHEMA, UnreadableRecord
from convox_clinicea.table import ConditionFailed, Item, Put, Table, timestamp
from convox_clinicea.text import normalized

SCHEMA_VERSION = 1
ANNOUNCEMENT_RETENTION = timedelta(days=3)
"""Time until DynamoDB removes the item: long enough for a weekend."""
Key = dict[str, str]
"""Start of a page of the index: the attributes of the key before it."""
ANNOUNCED = "announced"
"""Value in the index `open`: calls without a status callback."""


@dataclass(frozen=True)
class AnnouncedCall:
    """A call without a status callback."""

    caller: str
    call_id: str
    agent_id: str | None
    announced_at: datetime


class AnnouncedCalls:
    """Opens a record of a call at its pop-up and closes it at its status callback."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def announce(self, caller: str, call_id: str, agent_id: str | None) -> None:
        """Open the agent's record of a call unless it exists: a pop-up may be repeated, even after the call's end.

        Raises:
            TableUnavailable: the outcome is unknown.
        """
        item = self._item(caller, call_id, agent_id)
        item |= {"open": {"S": ANNOUNCED}, "queued_at": {"S": timestamp(self._clock.now())}}
        item |= {"caller": {"S": caller}, "call_id": {"S": call_id}}
        if agent_id is not None:
            item["agent_id"] = {"S": agent_id}
        try:
            self._table.put(Put(item, "attribute_not_exists(pk)"))
        except ConditionFailed:
            return

    def end(self, caller: str, call_id: str, agent_id: str | None) -> None:
        """Close the agent's record of a call, opened or not, and the record without an agent.

        Raises:
            TableUnavailable: the outcome is unknown.
            UnreadableRecord: a later release opened it; it stays open.
        """
        # The condition always holds; only the version can forbid the write.
        try:
            always = "attribute_exists(pk) OR attribute_not_exists(pk)"
            self._table.put(Put(self._item(caller, call_id, agent_id), always))
        except ConditionFailed:
            raise_alone(UnreadableRecord("an announced call of a later version"))
        if agent_id is None:
            return
        try:
            # From a pop-up without an agent, or an earlier release without agents.
            self._table.put(Put(self._item(caller, call_id, None), "attribute_exists(pk)"))
        except ConditionFailed:
            return

    def without_end(self, older_than: timedelta, after: Key | None = None) -> tuple[list[AnnouncedCall], Key | None]:
        """Return one page (1 MB) of the open calls announced at least that long ago, oldest first.

        Args:
            after: where the page starts, from the previous page.

        Returns:
            The calls, and where the next page starts; None on the last one.

        Raises:
            TableUnavailable: the table did not answer.
        """
        before = timestamp(self._clock.now() - older_than)
        page = self._table.query_page(
            "open",
            "#open = :announced AND queued_at <= :before",
            {"#open": "open"},
            {":announced": {"S": ANNOUNCED}, ":before": {"S": before}},
            None if after is None else {name: {"S": text} for name, text in after.items()},
        )
        behind = None if page.after is None else {name: text["S"] for name, text in page.after.items()}
        return [_read(item) for item in page.items], behind

    def _item(self, caller: str, call_id: str, agent_id: str | None) -> Item:
        # Agents' ids are case-insensitive; escaped, they have no "#".
        agent = "" if agent_id is None else f"{quote(normalized(agent_id), safe='')}#"
        expires_at = int((self._clock.now() + ANNOUNCEMENT_RETENTION).timestamp())
        return {
            "pk": {"S": f"announced#{caller}#{agent}{call_id}"},
            "expires_at": {"N": str(expires_at)},
            SCHEMA: {"N": str(SCHEMA_VERSION)},
        }


def _read(item: Item) -> AnnouncedCall:
    """Read an item of any version: `queued_at` and the key are the same in all (rule 23)."""
    _, caller, *_, call_id = item["pk"]["S"].split("#", 3)
    return AnnouncedCall(
        caller=caller,
        call_id=item["call_id"]["S"] if "call_id" in item else call_id,
        agent_id=item["agent_id"]["S"] if "agent_id" in item else None,
        announced_at=datetime.fromisoformat(item["queued_at"]["S"]),
    )
