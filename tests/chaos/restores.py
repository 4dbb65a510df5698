"""The restore drill in the middle of a run: records of the ledger are gone, and come back from an older backup.

As `docs/operations.md` has it: what writes to Clinicea is stopped, callbacks are still taken; what is spoiled is
deleted, and the product's own command puts back what is missing. Erasures go on all the time, those after the backup
included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from commands.restore import entries_of, put_back_missing
from commands.restoring import KINDS
from convox_clinicea.bookings.person_search import Journal
from tests.chaos.dynamodb import DynamoDb
from tests.chaos.table import Table
from tests.chaos.world import World

SOURCE = "ledger-restored"
OLD_SECONDS = 300.0
"""How much older than the stop the backup is."""
IN_FLIGHT_SECONDS = 200.0
"""After the stop: longer than a message that was received already, and the worker that has it, can take."""
GONE_SECONDS = 30.0
"""Between the deletion and the command's end."""
GONE = 0.5
"""The share of the records in the backup that are deleted."""


class Restored:
    """One drill, from its backup on.

    Attributes:
        counts: what became of how many items, as the command says it.
    """

    def __init__(self, world: World, at: float) -> None:
        self._world = world
        self._chance = world.chance("restore")
        (self._ledger,) = (each for each in world.tables if each.schema.names == ("pk",))
        (self._register,) = (each for each in world.tables if each.schema.hash == "subject")
        self._copy = Table(SOURCE, self._ledger.schema)
        self.counts: Counter[str] = Counter()
        stop = at + OLD_SECONDS
        deleted = stop + IN_FLIGHT_SECONDS
        world.scheduler.at(at, self._back_up)
        world.scheduler.at(stop, lambda: self._work(enabled=False))
        world.scheduler.at(deleted, self._delete)
        world.scheduler.at(deleted + GONE_SECONDS, self._put_back)
        world.scheduler.at(deleted + GONE_SECONDS, lambda: self._work(enabled=True))

    def brought_back(self) -> list[str]:
        """Return the bookings that were erased, and stand with their content or as if they had not been."""
        return sorted(key for key, anew in self._unerased() if not anew)

    def taken_anew(self) -> int:
        """Count the erased bookings that a late repeat has made anew while their tombstones were gone."""
        return sum(anew for _, anew in self._unerased())

    def _unerased(self) -> Iterator[tuple[str, bool]]:
        """Yield erased bookings that stand unerased, and whether they were asked for after the erasure."""
        journal = self._journal()
        for item in self._ledger.items.values():
            erased = journal.of(item["pk"]["S"]) if item["pk"]["S"].startswith("booking#") else None
            if erased is not None and ("request" in item or "erased_at" not in item):
                yield item["pk"]["S"], datetime.fromisoformat(item["accepted_at"]["S"]) > erased.at

    def _back_up(self) -> None:
        for key, item in self._ledger.items.items():
            self._copy.write(self._world.clock.seconds(), key, item)

    def _work(self, *, enabled: bool) -> None:
        for source in self._world.sources:
            source.enable(enabled)
        for schedule in self._world.schedules:
            schedule.enable(enabled)

    def _delete(self) -> None:
        for key, item in self._copy.items.items():
            spoiled = item["pk"]["S"].startswith(KINDS) and self._chance.random() < GONE
            if spoiled and key in self._ledger.items:
                self._ledger.write(self._world.clock.seconds(), key, None)

    def _put_back(self) -> None:
        dynamodb = DynamoDb([*self._world.tables, self._copy], self._world.clock.seconds)
        now, journal = self._world.clock.now(), self._journal()
        self.counts = put_back_missing(dynamodb, SOURCE, self._ledger.name, now, go=True, journal=journal)

    def _journal(self) -> Journal:
        dynamodb = DynamoDb(self._world.tables, self._world.clock.seconds)
        (key,) = (secret["key"] for secret in self._world.stack.secrets.values() if "key" in secret)
        return Journal(str(key).encode(), entries_of(dynamodb, self._register.name))
