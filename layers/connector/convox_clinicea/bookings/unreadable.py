"""Bookings that this release cannot read: what their raw attributes still say, so that none is left out of a list.

The attributes named here keep name and meaning in every version: `pk`, `schema_version`, `open` and its three words,
`accepted_at`, `queued_at`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from convox_clinicea.bookings.record import Booking, from_item, key_of, timestamp
from convox_clinicea.table import Item
from convox_clinicea.versions import SCHEMA, UnreadableRecord, version_of

UNNAMED = "unnamed"


@dataclass(frozen=True)
class Unreadable:
    """A booking's record of a later version, or a broken one.

    Attributes:
        schema_version: None if even that is broken.
        open: whose business the booking still is, in the record's own word; None if it has ended.
        since: when it was accepted, or last queued; None if neither can be read.
    """

    booking_id: str
    schema_version: int | None
    open: str | None
    since: datetime | None

    @property
    def line(self) -> dict[str, Any]:
        """It as an operator sees it."""
        return {
            "booking_id": self.booking_id,
            "schema_version": self.schema_version,
            "open": self.open,
            "since": timestamp(self.since) if self.since else None,
        }


def read(item: Item) -> Booking | Unreadable:
    """Return the booking, or what can be said of one that cannot be read."""
    try:
        return from_item(item)
    except UnreadableRecord:
        return unreadable(item)


def unreadable(item: Item) -> Unreadable:
    """Return what can be said of a booking's record without understanding it."""
    version = None
    with suppress(UnreadableRecord):
        version = version_of(item)
    name = _text(item, "pk") or ""
    return Unreadable(
        booking_id=name.removeprefix(key_of("")) or UNNAMED,
        schema_version=version if SCHEMA in item else 1,
        open=_text(item, "open"),
        since=_moment(item, "accepted_at") or _moment(item, "queued_at"),
    )


def _text(item: Item, name: str) -> str | None:
    value: Any = item.get(name)
    return value.get("S") if isinstance(value, dict) else None


def _moment(item: Item, name: str) -> datetime | None:
    with suppress(TypeError, ValueError):
        moment = datetime.fromisoformat(_text(item, name) or "")
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return None
