"""Which person is signed in under which agent id: one person for each id, and when each signed in last.

Calls are shown by agent id, so two people with one id would see each other's callers. The identity provider may give
an id twice; the desk lets in one of them at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from convox_clinicea.announcements import agent_in_key
from convox_clinicea.deadline import Clock, fresh_token
from convox_clinicea.errors import ConnectorError, raise_alone
from convox_clinicea.items import SCHEMA, UnreadableRecord, require_readable
from convox_clinicea.table import WRITE_TOKEN, ConditionFailed, Contended, Item, Put, Table, timestamp

SCHEMA_VERSION = 1
PREFIX = "desk-agent#"
SIGNED_IN = "desk_agent"
"""In the index `open`: who has signed in, by the time of the last sign-in."""
RETENTION = timedelta(days=90)
"""After the last sign-in."""
MOST_SESSIONS = 10
MOST_TRIES = 4
_TEXTS = ("pk", "subject", "agent_id", "person_name", "open", "queued_at")
_ATTRIBUTES = frozenset({*_TEXTS, "sessions", "expires_at", WRITE_TOKEN, SCHEMA})


class AgentIdInUse(ConnectorError):
    """Another person is signed in with the same agent id."""

    public = (
        "Another person is signed in with your agent id, and would see your calls. "
        "Ask your supervisor for an agent id of your own."
    )


@dataclass(frozen=True)
class Holder:
    """The person who signed in last with an agent id.

    Attributes:
        subject: the identity provider's id of the person.
        sessions: the keys of the person's newest sessions; most of them have ended.
    """

    agent_id: str
    subject: str
    name: str
    signed_in_at: datetime
    sessions: tuple[str, ...] = ()


class AgentIds:
    """Gives each agent id to one person at a time."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def claim(self, new: Holder, is_open: Callable[[str], bool]) -> None:
        """Give an agent id to the person of a new session.

        Args:
            is_open: whether the session with that key has not ended.

        Raises:
            AgentIdInUse: a session of another person with this id has not ended.
            TableUnavailable, UnreadableRecord: it may or may not be given.
        """
        key = f"{PREFIX}{sha256(agent_in_key(new.agent_id).encode()).hexdigest()}"
        for _ in range(MOST_TRIES):
            standing = self._table.get(key)
            holder = None if standing is None else _read(standing)
            if holder is not None and holder.subject != new.subject and any(map(is_open, holder.sessions)):
                raise AgentIdInUse("a session of another person has the agent id")
            before = holder.sessions if holder is not None and holder.subject == new.subject else ()
            written = replace(new, sessions=(*new.sessions, *before)[:MOST_SESSIONS])
            try:
                self._table.put(_put(key, standing, written))
            except (ConditionFailed, Contended):
                continue
            return
        raise Contended("an agent id was given to others at every try")

    def all(self) -> Iterator[Holder]:
        """Yield who signed in within the last 90 days, the longest ago first; raises TableUnavailable."""
        since = timestamp(self._clock.now() - RETENTION)
        values: Item = {":signed_in": {"S": SIGNED_IN}, ":since": {"S": since}}
        found = self._table.query("open", "#open = :signed_in AND queued_at > :since", {"#open": "open"}, values)
        yield from map(_read, found)


def _put(key: str, standing: Item | None, holder: Holder) -> Put:
    item: Item = {
        "pk": {"S": key},
        "subject": {"S": holder.subject},
        "agent_id": {"S": holder.agent_id},
        "person_name": {"S": holder.name},
        "sessions": {"L": [{"S": each} for each in holder.sessions]},
        "open": {"S": SIGNED_IN},
        "queued_at": {"S": timestamp(holder.signed_in_at)},
        "expires_at": {"N": str(int((holder.signed_in_at + RETENTION).timestamp()))},
        SCHEMA: {"N": str(SCHEMA_VERSION)},
        WRITE_TOKEN: {"S": fresh_token()},
    }
    if standing is None:
        return Put(item, "attribute_not_exists(pk)")
    return Put(item, f"{WRITE_TOKEN} = :seen", {":seen": standing[WRITE_TOKEN]})


def _read(item: Mapping[str, Any]) -> Holder:
    require_readable(item, SCHEMA_VERSION, _ATTRIBUTES)
    try:
        return Holder(
            agent_id=item["agent_id"]["S"],
            subject=item["subject"]["S"],
            name=item["person_name"]["S"],
            signed_in_at=datetime.fromisoformat(item["queued_at"]["S"]),
            sessions=tuple(each["S"] for each in item["sessions"]["L"]),
        )
    except (KeyError, ValueError):
        raise_alone(UnreadableRecord("who holds an agent id cannot be read"))
