"""The journal of erasures: what a restore may not bring back.

A backup still holds what was erased after it. The journal stands in the register's table, out of the way of whatever
happens to the ledger, and is written in the erasure's own transaction. It holds digests under the identity key, a time
and the booking's end: nothing that leads back to the person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from convox_clinicea import chance
from convox_clinicea.privacy import digest, stand_in
from convox_clinicea.table import WRITE_TOKEN, Item, Put, Table, timestamp
from convox_clinicea.versions import SCHEMA, require_readable

SUBJECT = "erased"
"""All entries stand under it: a restore reads them together."""
KEPT = timedelta(days=45)
"""Point-in-time recovery reaches back 35 days, and a restored table may lie for some days before it is used."""
SCHEMA_VERSION = 1
_ALWAYS = "attribute_exists(subject) OR attribute_not_exists(subject)"


@dataclass(frozen=True)
class Erased:
    """One erasure.

    Attributes:
        state: the end that the booking had; None for a call.
    """

    at: datetime
    state: str | None = None


def digest_of(key: bytes, record: str) -> str:
    """Return the name under which the erasure of the record with that primary key is noted."""
    return digest(key, ["erased", record]).hex()


def put_of(register: Table, name: str, erased: Erased) -> Put:
    """Return the entry's write, for the transaction of the erasure; a later erasure of the same takes its place."""
    item: Item = {
        "subject": {"S": SUBJECT},
        "entry": {"S": name},
        "kind": {"S": "erasure"},
        "erased_at": {"S": timestamp(erased.at)},
        "expires_at": {"N": str(int((erased.at + KEPT).timestamp()))},
        SCHEMA: {"N": str(SCHEMA_VERSION)},
        WRITE_TOKEN: {"S": chance.token()},
    }
    if erased.state is not None:
        item["state"] = {"S": erased.state}
    return Put(item, _ALWAYS, table=register.name)


class Journal:
    """The erasures, as a restore asks for them."""

    def __init__(self, key: bytes, entries: Iterable[Mapping[str, Any]]) -> None:
        """Read the entries; raises UnreadableRecord."""
        self._key = key
        self._erased: dict[str, Erased] = {}
        for entry in entries:
            require_readable(entry, SCHEMA_VERSION)
            state = entry["state"]["S"] if "state" in entry else None
            self._erased[entry["entry"]["S"]] = Erased(datetime.fromisoformat(entry["erased_at"]["S"]), state)

    def hidden_name(self, call_id: str) -> str:
        """Return the name under which an erasure leaves a call."""
        return stand_in(self._key, "call", call_id)

    def of(self, record: str) -> Erased | None:
        """Return the newest erasure of the record with that primary key."""
        return self._erased.get(digest_of(self._key, record))
