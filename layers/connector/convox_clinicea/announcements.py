"""Calls announced by a pop-up: until their status callback comes (rule 21), and for their agent's desk.

A callback that never reached the connector leaves no other trace. ConVox gives a transferred call to the next agent
under the same id, and sends a pop-up and a status callback for each, so here a call is a call id with its agent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from convox_clinicea.deadline import Clock, fresh_token
from convox_clinicea.errors import raise_alone
from convox_clinicea.items import SCHEMA, UnreadableRecord, require_readable
from convox_clinicea.table import WRITE_TOKEN, ConditionFailed, Contended, Item, Put, Table, timestamp
from convox_clinicea.text import normalized

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

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
        agent = "" if agent_id is None else f"{agent_in_key(agent_id)}#"
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


def agent_in_key(agent_id: str) -> str:
    """Return an agent's name as part of a key: in any case the same, and without a `#`."""
    return quote(normalized(agent_id), safe="")


AGENT_CALLS_VERSION = 1
MOST_CALLS = 50
"""Calls of one agent that are kept, the newest."""
CALL_RETENTION = timedelta(hours=24)
"""How long a call is kept for its agent, sealed number included."""
MOST_TRIES = 4
CALLS_PREFIX = "desk-calls#"
PERSONS = "persons"
"""The attribute of the desk's items with the HMACs by which an erasure finds whose data they hold."""
_ATTRIBUTES = frozenset({"pk", "calls", "expires_at", PERSONS, WRITE_TOKEN, SCHEMA})
_ABSENT = "attribute_not_exists(pk)"
_AS_SEEN = f"{WRITE_TOKEN} = :seen"


@dataclass(frozen=True)
class AgentCall:
    """A call as its pop-up announced it to one agent.

    Attributes:
        call_id: the name under which the call is stored.
        line: the queue, process or number that was called; empty if ConVox told none.
        direction: `in` or `out`.
        sealed: the call's id and the number as they came, encrypted for the agent's item; None if none was told.
        number_key: HMAC of the number, by which an erasure finds it.
        asked: whether the agent has asked for an appointment on it, so that there may be bookings to read.
    """

    call_id: str
    since: datetime
    line: str = ""
    direction: str = "in"
    ended_at: datetime | None = None
    sealed: bytes | None = field(repr=False, default=None)
    number_key: str | None = None
    asked: bool = False


def key_of_agent(client: str, agent_id: str) -> str:
    """Return the primary key of an agent's calls."""
    return f"{CALLS_PREFIX}{client}#{agent_in_key(agent_id)}"


class AgentCalls:
    """The last calls of each agent, one item an agent: pop-ups add to it, status callbacks close in it."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def of(self, client: str, agent_id: str) -> list[AgentCall]:
        """Return the agent's calls of the last 24 hours, newest first; raises TableUnavailable, UnreadableRecord."""
        standing = self._table.get(key_of_agent(client, agent_id))
        return self._kept(_calls(standing))

    def announce(self, client: str, agent_id: str, call: AgentCall) -> None:
        """Add a call, or what a further pop-up of it tells; the first one's moment stays, and so does its end.

        Raises:
            TableUnavailable: it may or may not stand.
            UnreadableRecord: a later release wrote the agent's item.
        """

        def added(calls: list[AgentCall]) -> list[AgentCall]:
            before = next((each for each in calls if each.call_id == call.call_id), None)
            told = call
            if before is not None:
                told = replace(call, since=before.since, ended_at=before.ended_at, asked=before.asked)
            if before is not None and told.sealed is None:
                told = replace(told, sealed=before.sealed, number_key=before.number_key)
            return [told, *(each for each in calls if each is not before)]

        self.change(key_of_agent(client, agent_id), added)

    def end(self, client: str, agent_id: str, call_id: str, *, asked: bool) -> None:
        """Note that a call has ended, if it was announced to the agent; raises as `announce` does.

        Args:
            asked: whether its status callback asks for an appointment.
        """
        now = self._clock.now()
        self._note(
            client,
            agent_id,
            call_id,
            lambda each: replace(each, ended_at=each.ended_at or now, asked=each.asked or asked),
        )

    def note_asked(self, client: str, agent_id: str, call_id: str) -> None:
        """Note that the agent asks for an appointment on a call; raises as `announce` does."""
        self._note(client, agent_id, call_id, lambda each: replace(each, asked=True))

    def _note(self, client: str, agent_id: str, call_id: str, note: Callable[[AgentCall], AgentCall]) -> None:
        self.change(
            key_of_agent(client, agent_id),
            lambda calls: [note(each) if each.call_id == call_id else each for each in calls],
        )

    def change(self, key: str, change: Callable[[list[AgentCall]], list[AgentCall]]) -> None:
        """Replace the calls of one agent's item; raises as `announce` does."""
        for _ in range(MOST_TRIES):
            standing = self._table.get(key)
            calls = _calls(standing)
            changed = change(calls)
            if changed == calls:
                return
            try:
                self._table.put(self._put(key, standing, self._kept(changed)))
            except (ConditionFailed, Contended):
                continue
            return
        raise_alone(Contended("an agent's calls were changed by others at every try"))

    def _put(self, key: str, standing: Item | None, calls: Sequence[AgentCall]) -> Put:
        item: Item = {
            "pk": {"S": key},
            "calls": {"L": [{"M": _attributes(each)} for each in calls]},
            PERSONS: {"L": [{"S": each} for each in sorted({each.number_key for each in calls} - {None}, key=str)]},
            "expires_at": {"N": str(int((self._clock.now() + CALL_RETENTION).timestamp()))},
            SCHEMA: {"N": str(AGENT_CALLS_VERSION)},
            WRITE_TOKEN: {"S": fresh_token()},
        }
        if standing is None:
            return Put(item, _ABSENT)
        return Put(item, _AS_SEEN, {":seen": standing[WRITE_TOKEN]})

    def _kept(self, calls: Iterable[AgentCall]) -> list[AgentCall]:
        since = self._clock.now() - CALL_RETENTION
        newest_first = sorted(calls, key=lambda each: each.since, reverse=True)
        return [each for each in newest_first if each.since > since][:MOST_CALLS]


def _calls(item: Item | None) -> list[AgentCall]:
    """Read an agent's item; raises UnreadableRecord."""
    require_readable(item or {}, AGENT_CALLS_VERSION, _ATTRIBUTES)
    return [] if item is None else [_call(each["M"]) for each in item["calls"]["L"]]


def _attributes(call: AgentCall) -> dict[str, AttributeValueTypeDef]:
    texts = {
        "call_id": call.call_id,
        "since": timestamp(call.since),
        "line": call.line,
        "direction": call.direction,
        "ended_at": None if call.ended_at is None else timestamp(call.ended_at),
        "number_key": call.number_key,
    }
    told: dict[str, AttributeValueTypeDef] = {name: {"S": text} for name, text in texts.items() if text is not None}
    told["asked"] = {"BOOL": call.asked}
    return told if call.sealed is None else {**told, "sealed": {"B": call.sealed}}


def _call(told: Mapping[str, Any]) -> AgentCall:
    return AgentCall(
        call_id=told["call_id"]["S"],
        since=datetime.fromisoformat(told["since"]["S"]),
        line=told["line"]["S"],
        direction=told["direction"]["S"],
        ended_at=datetime.fromisoformat(told["ended_at"]["S"]) if "ended_at" in told else None,
        sealed=told["sealed"]["B"] if "sealed" in told else None,
        number_key=told["number_key"]["S"] if "number_key" in told else None,
        asked=told["asked"]["BOOL"],
    )
