"""What the desk's own items say of people: sign-ins, open sessions, and what operators did about them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from convox_clinicea.bookings.audit import AUDIT_RETENTION
from convox_clinicea.deadline import SystemClock
from convox_clinicea.desk.agent_ids import AgentIds, Holder
from convox_clinicea.desk.sessions import Session, Sessions
from convox_clinicea.table import Put, Table, timestamp

Json = dict[str, Any]
ACTS = "people_act"
"""In the index `open`: what operators did, by time."""
ACT_FIELDS = ("at", "who", "what", "user", "agent_id", "why")


@dataclass(frozen=True)
class SignedIn:
    """A person's last sign-in within 90 days, and the sessions that have not ended."""

    holder: Holder
    sessions: tuple[Session, ...]

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of the open sessions."""
        return tuple(sorted({role for each in self.sessions for role in each.person.roles}))

    @property
    def seen_at(self) -> datetime | None:
        """The last request of an open session, to the minute."""
        return max((each.seen_at for each in self.sessions), default=None)


class DeskPeople:
    """Reads and changes these items of the ledger table; every method raises TableUnavailable, UnreadableRecord."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._clock = SystemClock()
        self._table = Table(dynamodb, table)
        self._sessions = Sessions(self._table, self._clock)

    def signed_in(self) -> list[SignedIn]:
        """Return who signed in within 90 days, by agent id; of a person with several ids the newest."""
        held = [*AgentIds(self._table, self._clock).all()]
        newest = {each.subject: each for each in held}
        return [
            SignedIn(each, tuple(self._open(_sessions_of(held, each.subject))))
            for each in sorted(newest.values(), key=lambda holder: holder.agent_id)
        ]

    def end_sessions(self, subject: str) -> int:
        """End all sessions of a person; return how many were known to be open.

        The known ones end at once. Any other ends within a minute, by this machine's clock.
        """
        known = self._open(_sessions_of(AgentIds(self._table, self._clock).all(), subject))
        for each in known:
            self._sessions.end(each)
        self._sessions.end_all(subject)
        return len(known)

    def note(self, who: str, what: str, user: str, agent_id: str, why: str) -> Json:
        """Record what an operator did, for a year."""
        now = self._clock.now()
        told = dict(zip(ACT_FIELDS, (timestamp(now), who, what, user, agent_id, why), strict=True))
        item: Any = {
            "pk": {"S": f"act#people#{told['at']}#{user}"},
            "open": {"S": ACTS},
            "queued_at": {"S": told["at"]},
        }
        item |= {name: {"S": text} for name, text in told.items() if text}
        item["expires_at"] = {"N": str(int((now + AUDIT_RETENTION).timestamp()))}
        self._table.put(Put(item, "attribute_not_exists(pk)"))
        return told

    def acts(self) -> list[Json]:
        """Return what operators did within a year, oldest first."""
        found = self._table.query("open", "#open = :acts", {"#open": "open"}, {":acts": {"S": ACTS}})
        return [{name: item[name]["S"] for name in ACT_FIELDS if name in item} for item in found]

    def _open(self, keys: Iterable[str]) -> list[Session]:
        found = (self._sessions.at(key) for key in dict.fromkeys(keys))
        return [each for each in found if each is not None]


def _sessions_of(held: Iterable[Holder], subject: str) -> list[str]:
    """Return the keys of a person's sessions, under whatever agent ids."""
    return [key for each in held if each.subject == subject for key in each.sessions]
