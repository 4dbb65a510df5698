"""One DynamoDB table: items, secondary indexes, and what a read that is not consistent may still see."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from typing import Any

from tests.chaos.expressions import Attribute, comparable

Item = dict[str, Attribute]
Key = tuple[tuple[str, Any], ...]
Entry = tuple[Key, Key]
"""Of an index: the range, then the item's key."""
Watcher = Callable[[Key, Item | None, Item | None], None]
"""Is told of each write: the key, and the item before and after it."""

LONGEST_LAG = 5.0
"""How many seconds a read that is not consistent can be behind at most."""


@dataclass(frozen=True)
class KeySchema:
    """The names of a key's attributes."""

    hash: str
    range: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.hash,) if self.range is None else (self.hash, self.range)

    def of(self, item: Mapping[str, Attribute]) -> Key | None:
        """Return the item's key, or None if it lacks a part of it (it is then in no index)."""
        parts: list[tuple[str, Any]] = []
        for name in self.names:
            attribute = item.get(name)
            if attribute is None:
                return None
            parts.append((next(iter(attribute)), comparable(attribute)))
        return tuple(parts)


@dataclass
class Index:
    """A global secondary index: which keys lie under which hash, in the order of the range."""

    schema: KeySchema
    entries: dict[tuple[str, Any], list[Entry]] = field(default_factory=dict)

    def entry(self, key: Key, item: Mapping[str, Attribute] | None) -> tuple[tuple[str, Any], Entry] | None:
        """Return the item's hash and its entry under it, or None if it is not in the index."""
        place = None if item is None else self.schema.of(item)
        return None if place is None else (place[0], (place[1:], key))

    def move(self, key: Key, before: Item | None, after: Item | None) -> None:
        old, new = self.entry(key, before), self.entry(key, after)
        if old == new:
            return
        if old is not None:
            del self.entries[old[0]][bisect_left(self.entries[old[0]], old[1])]
        if new is not None:
            insort(self.entries.setdefault(new[0], []), new[1])

    def behind(self, hash_key: tuple[str, Any], start: Entry | None) -> Iterator[Entry]:
        """Yield the entries of one hash, those behind `start` only."""
        entries = self.entries.get(hash_key, [])
        begin = 0 if start is None else bisect_right(entries, start)
        return (entries[place] for place in range(begin, len(entries)))


class Table:
    """Items by key. Stored items are never changed in place, so that they can be handed out."""

    def __init__(self, name: str, schema: KeySchema, indexes: Mapping[str, KeySchema] | None = None) -> None:
        self.name = name
        self.schema = schema
        self.indexes = {each: Index(keys) for each, keys in (indexes or {}).items()}
        self.items: dict[Key, Item] = {}
        self._order: list[Key | None] = []
        self._place: dict[Key, int] = {}
        self.writes = 0
        self.overwritten: list[Key] = []
        """Records of a later version, each where one of an earlier version has taken its place."""
        self.watchers: list[Watcher] = []
        self._recent: deque[tuple[float, Key, Item | None]] = deque()

    def write(self, now: float, key: Key, after: Item | None) -> None:
        """Put an item in the place of the one under `key`, or remove it."""
        before = self.items.get(key)
        if before is not None and after is not None and _version(after) < _version(before):
            self.overwritten.append(key)
        if after is None:
            self.items.pop(key, None)
            if key in self._place:
                self._order[self._place.pop(key)] = None
        else:
            self.items[key] = after
            if key not in self._place:
                self._place[key] = len(self._order)
                self._order.append(key)
        for index in self.indexes.values():
            index.move(key, before, after)
        for watch in self.watchers:
            watch(key, before, after)
        self.writes += 1
        self._recent.append((now, key, before))
        while self._recent[0][0] < now - LONGEST_LAG:
            self._recent.popleft()

    def following(self, start: Key | None, size: int) -> list[tuple[Key, Item]]:
        """Return that many items behind `start`, in the order of a scan; from the first one where it is gone."""
        begin = 0 if start is None or start not in self._place else self._place[start] + 1
        behind = (self._order[place] for place in range(begin, len(self._order)))
        present = (key for key in behind if key is not None)
        return [(key, self.items[key]) for key in islice(present, size)]

    def expire(self, now: float) -> int:
        """Remove the items whose time to live is over; returns how many. AWS does it within a few days."""
        over = [
            key for key, item in self.items.items() if "expires_at" in item and float(item["expires_at"]["N"]) < now
        ]
        for key in over:
            self.write(now, key, None)
        return len(over)

    def view(self, now: float, lag: float) -> View:
        """Return the table as it was `lag` seconds ago; with no lag, as it is."""
        overlay: dict[Key, Item | None] = {}
        if lag > 0:
            for at, key, before in reversed(self._recent):
                if at <= now - lag:
                    break
                overlay[key] = before
        return View(self, overlay)


def _version(item: Item) -> int:
    return int(item["schema_version"]["N"]) if "schema_version" in item else 1


@dataclass(frozen=True)
class View:
    """A table at one moment."""

    table: Table
    overlay: Mapping[Key, Item | None]

    def get(self, key: Key) -> Item | None:
        return self.overlay[key] if key in self.overlay else self.table.items.get(key)

    def everything(self) -> list[tuple[Key, Item]]:
        """Return all items in the order of a scan: any order, but always the same."""
        return self._present([*self.table.items, *self.overlay])

    def under(self, index: Index, hash_key: tuple[str, Any], start: Entry | None = None) -> Iterator[tuple[Key, Item]]:
        """Yield the items of one hash of an index in the order of its range, those behind `start` only."""
        placed = (index.entry(key, item) for key, item in self.overlay.items())
        seen = sorted(each[1] for each in placed if each is not None and each[0] == hash_key)
        unseen = (entry for entry in index.behind(hash_key, start) if entry[1] not in self.overlay)
        for _, key in merge(unseen, (entry for entry in seen if start is None or entry > start)):
            item = self.get(key)
            if item is not None:
                yield key, item

    def _present(self, keys: Iterable[Key]) -> list[tuple[Key, Item]]:
        pairs = ((key, self.get(key)) for key in dict.fromkeys(keys))
        return [(key, item) for key, item in pairs if item is not None]
