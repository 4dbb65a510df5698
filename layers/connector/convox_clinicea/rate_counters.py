"""Rate counters: one item per client and day, one write per request, attributes per window.

The write returns the old item, so a process knows every counter after its own write, without a read. It keeps that
state: a reached limit is known before the next request, and holds in this process even if the table does not answer.
Later writes remove attributes of past windows.

Patients are shown on calls: each member of a set is a digest of the patient's id and one of the call and its agent. So
the same sets show on which call, and to which agent, a patient was shown within the hour.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from convox_clinicea.deadline import Clock
from convox_clinicea.table import Item, Table, TableUnavailable
from convox_clinicea.text import id_key, normalized

MINUTE = 60
TEN_MINUTES = 600
DAY = 86_400
COUNTER_RETENTION_SECONDS = 3600
"""Time for which the item is kept after its day."""
MOST_AGENTS = 300
"""Agents in a client's item of a day. Further agents count only for the client, so that the item stays small."""
MOST_REMOVED = 60
"""Attributes removed by one write: an update's expression may have 4 KB."""
AGENT_CHARACTERS = 8
PATIENT_CHARACTERS = 8
CALL_CHARACTERS = 5
SHOWN_SECONDS = 3600
"""Longest time for which a patient shown on a call counts as shown; the shortest is ten minutes less."""
CLOCKS_DIFFER = 5
"""Seconds by which two functions' clocks may differ; counters of a past window are kept so long."""


class Kind(StrEnum):
    """Kind of counter: an attribute's first letter, followed by the window's number in its day."""

    LOOK_UPS = "m"
    BOOKINGS = "b"
    STATUS = "q"
    """Requests for the status of bookings; they name no agent."""
    TELLING = "x"
    """Look-ups without a patient, and bookings whose end reveals something about a person."""
    SHOWN = "s"
    """The patients shown, with their calls: a set of digests for each agent."""
    SHOWN_IN_DAY = "d"
    """The sum over the day of patients shown in each ten minutes."""


_SECONDS = {
    Kind.LOOK_UPS: MINUTE,
    Kind.BOOKINGS: MINUTE,
    Kind.STATUS: MINUTE,
    Kind.TELLING: TEN_MINUTES,
    Kind.SHOWN: TEN_MINUTES,
    Kind.SHOWN_IN_DAY: DAY,
}
_RETENTION = {Kind.SHOWN: SHOWN_SECONDS}
"""Seconds for which a window's counters are used after its end, if more than the clocks may differ."""


def agent_digest(agent: str | None) -> str:
    """Return a short digest for an agent; requests without an agent share one."""
    return _digest(agent or "", AGENT_CHARACTERS)


def shown_on(patient_id: str, call_id: str | None, agent_id: str | None) -> str:
    """Return the digest of a patient shown on a call, which is a call id with its agent or without."""
    call = "" if call_id is None else f"{call_id}\n{'' if agent_id is None else normalized(agent_id)}"
    return _digest(id_key(patient_id), PATIENT_CHARACTERS) + _digest(call, CALL_CHARACTERS)


def _shown_before(patient_id: str, call_id: str) -> str:
    """Return the digest of earlier releases, for any agent of the call; it expires with its day."""
    return _digest(id_key(patient_id), PATIENT_CHARACTERS) + _digest(call_id, CALL_CHARACTERS)


def _digest(text: str, characters: int) -> str:
    """Return a short digest of an id. It bounds the size and hides nothing, because it has no key."""
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()[:characters]


class Moment(NamedTuple):
    """A second of a day (UTC, since the epoch)."""

    day: int
    second: int

    @classmethod
    def at(cls, now: datetime) -> Moment:
        return cls(*divmod(int(now.timestamp()), DAY))

    def left_of(self, kind: Kind) -> int:
        """Return the seconds until the kind's window ends."""
        return _SECONDS[kind] - self.second % _SECONDS[kind]

    def attribute(self, kind: Kind, agent: str | None = None) -> str:
        """Return the attribute of the kind's window: of the client, or of one of its agents."""
        window = f"{kind}{self.second // _SECONDS[kind]}"
        return window if agent is None else f"{window}.{agent}"

    def is_over(self, attribute: str) -> bool:
        """Return whether the attribute's window has ended for all clocks."""
        window, _, _ = attribute.partition(".")
        if window[:1] not in _SECONDS or not window[1:].isdecimal():
            return False
        kind = Kind(window[:1])
        return int(window[1:]) < (self.second - _RETENTION.get(kind, CLOCKS_DIFFER)) // _SECONDS[kind]

    def windows_shown(self) -> dict[int, set[str]]:
        """Return the windows, by day, whose patients count as shown."""
        shown: dict[int, set[str]] = {}
        oldest = self.second - SHOWN_SECONDS + TEN_MINUTES
        for second in range(oldest, self.second + TEN_MINUTES, TEN_MINUTES):
            days, of_day = divmod(min(second, self.second), DAY)
            moment = Moment(self.day + days, of_day)
            shown.setdefault(moment.day, set()).add(moment.attribute(Kind.SHOWN))
        return shown


@dataclass
class Tally:
    """A client's counters of a day, as known to this process.

    Attributes:
        owed: counts for the next write: whether a patient is new in a window is known only after the write.
    """

    day: int
    numbers: Counter[str] = field(default_factory=Counter)
    shown: dict[str, set[str]] = field(default_factory=dict)
    owed: Counter[str] = field(default_factory=Counter)

    def number(self, attribute: str) -> int:
        """Return a counter."""
        return self.numbers[attribute] + self.owed[attribute]

    def shown_in(self, window: str) -> set[str]:
        """Return the digests of the patients shown in a window, to any agent."""
        return patients(*(digests for name, digests in self.shown.items() if name.partition(".")[0] == window))

    def shown_by(self, attribute: str) -> set[str]:
        """Return the digests of the patients shown to one agent, or to all agents without room in the item."""
        return patients(self.shown.get(attribute, ()))

    def has_shown(self, digests: Collection[str], windows: Collection[str]) -> bool:
        """Return whether one of the patients on their calls was shown in one of the windows, to any agent."""
        return any(
            name.partition(".")[0] in windows and not shown.isdisjoint(digests) for name, shown in self.shown.items()
        )

    def names(self, agent: str) -> bool:
        """Return whether the item has the agent, or room for it."""
        known = {name.partition(".")[2] for name in (*self.numbers, *self.shown)} - {""}
        return agent in known or len(known) < MOST_AGENTS

    def add(self, numbers: Mapping[str, int], shown: Mapping[str, Collection[str]]) -> None:
        """Count in this process what a write counts or should have counted."""
        self.numbers.update(numbers)
        for name, digests in shown.items():
            self.shown.setdefault(name, set()).update(digests)

    def forget(self, names: Iterable[str]) -> None:
        for name in names:
            self.numbers.pop(name, None)
            self.shown.pop(name, None)


def patients(*shown: Collection[str]) -> set[str]:
    """Return the digests of patients, without those of calls."""
    return {each[:PATIENT_CHARACTERS] for digests in shown for each in digests}


class Counters:
    """The counters of all clients, in the ledger's table.

    Args:
        table: table whose client has short time-outs, because an agent waits.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._tallies: dict[str, Tally] = {}

    def now(self) -> Moment:
        """Return the current moment."""
        return Moment.at(self._clock.now())

    def known(self, client: str, now: Moment) -> Tally:
        """Return this process's state of a client's counters today."""
        tally = self._tallies.get(client)
        if tally is None or tally.day != now.day:
            tally = self._tallies[client] = Tally(now.day)
        return tally

    def add(self, client: str, now: Moment, numbers: Mapping[str, int], shown: Mapping[str, Collection[str]]) -> Tally:
        """Count in one write, and return the counters after it.

        Raises:
            TableUnavailable: the table may not have counted; this process has.
        """
        tally = self.known(client, now)
        gone = [name for name in (*tally.numbers, *tally.shown) if now.is_over(name)][:MOST_REMOVED]
        owed = Counter(numbers)
        owed.update(tally.owed)
        try:
            expires_at = (now.day + 1) * DAY + COUNTER_RETENTION_SECONDS
            before = self._table.add_up(_key(client, now.day), owed, shown, gone, expires_at)
        except TableUnavailable:
            tally.add(numbers, shown)
            raise
        after = Tally(now.day)
        _read(before, after)
        after.add(owed, shown)
        after.forget(gone)
        for name, digests in shown.items():
            _owe(after, before, now, name, digests)
        self._tallies[client] = after
        return after

    def was_shown(self, client: str, patient_id: str, call_id: str, agent_id: str | None) -> bool:
        """Return whether a patient was shown to the agent on the call within the hour; raises TableUnavailable.

        The item is read only if this process does not know the patient as shown; its last write has told it all.
        """
        wanted = {shown_on(patient_id, call_id, agent_id), _shown_before(patient_id, call_id)}
        now = self.now()
        counted = now.windows_shown()
        today = self.known(client, now)
        if any(today.has_shown(wanted, windows) for day, windows in counted.items() if day == now.day):
            return True
        for day, windows in counted.items():
            stored = Tally(day)
            _read(self._table.get(_key(client, day)) or {}, stored)
            if stored.has_shown(wanted, windows):
                return True
        return False


def _key(client: str, day: int) -> str:
    return f"lookups#{client}#{day}"


def _read(item: Item, tally: Tally) -> None:
    for name, value in item.items():
        if "N" in value and name != "expires_at":
            tally.numbers[name] = int(value["N"])
        elif "SS" in value:
            tally.shown[name] = set(value["SS"])


def _owe(after: Tally, before: Item, now: Moment, name: str, digests: Collection[str]) -> None:
    """Add to `owed` the patients that this write was the first to show in their window."""
    earlier = Tally(now.day)
    _read(before, earlier)
    window, _, agent = name.partition(".")
    after.owed[now.attribute(Kind.SHOWN_IN_DAY)] += len(patients(digests) - earlier.shown_in(window))
    if agent:
        new_to_agent = patients(digests) - earlier.shown_by(name)
        after.owed[now.attribute(Kind.SHOWN_IN_DAY, agent)] += len(new_to_agent)
    after.owed = +after.owed
