"""Pages of bookings, including records that this release cannot read (rule 23).

The attributes named here keep name and meaning in every version: `pk`, `schema_version`, `open` and its three words,
`accepted_at`, `queued_at`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from convox_clinicea.bookings.record import Booking, Open, from_item, key_of
from convox_clinicea.items import SCHEMA, UnreadableRecord, version_of
from convox_clinicea.table import MAX_PAGES, Item, Page, Table, timestamp

UNNAMED = "unnamed"


@dataclass(frozen=True)
class Unreadable:
    """A booking's record with a later version, or a broken one.

    Attributes:
        schema_version: None if it is broken, too.
        open: the record's value in the index of open bookings; None if it has ended.
        since: when it was accepted, or last queued; None if neither can be read.
    """

    booking_id: str
    schema_version: int | None
    open: str | None
    since: datetime | None

    @property
    def line(self) -> dict[str, Any]:
        """Return the record as an operator sees it."""
        return {
            "booking_id": self.booking_id,
            "schema_version": self.schema_version,
            "open": self.open,
            "since": timestamp(self.since) if self.since else None,
        }


def read(item: Item) -> Booking | Unreadable:
    """Return the booking, or an `Unreadable` if it cannot be read."""
    try:
        return from_item(item)
    except UnreadableRecord:
        return unreadable(item)


def unreadable(item: Item) -> Unreadable:
    """Return the attributes of a booking's record that every version has."""
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


Key = dict[str, str]
"""Start of a page: the text attributes of the key before it."""


@dataclass(frozen=True)
class BookingsPage:
    """Bookings of one page.

    Attributes:
        unreadable: further records of the page, which this version cannot read.
        after: the key at which the next page starts; None on the last one.
    """

    bookings: list[Booking]
    unreadable: list[Unreadable]
    after: Key | None


def of_table(table: Table, filters: str, names: dict[str, str], values: Item, after: Key | None) -> BookingsPage:
    """Return the bookings on one page of the whole table that meet a condition."""
    condition, values = f"begins_with(pk, :bookings) AND ({filters})", {**values, ":bookings": {"S": key_of("")}}
    return _read(table.scan_page(condition, names, values, _written(after)))


def of_kind(table: Table, kind: Open, before: datetime | None, after: Key | None) -> BookingsPage:
    """Return one page of the open bookings of one kind that were last queued before that moment, oldest first.

    Args:
        before: None: all, including records without a readable time of queueing.
    """
    condition = "#open = :kind"
    values: Item = {":kind": {"S": kind.value}}
    if before is not None:
        condition, values = f"{condition} AND queued_at < :before", {**values, ":before": {"S": timestamp(before)}}
    return _read(table.query_page("open", condition, {"#open": "open"}, values, _written(after)))


def each_of_kind(table: Table, kind: Open, before: datetime | None) -> Iterator[Booking | Unreadable]:
    """Yield the records of `of_kind` from all pages, up to 100 MB, oldest first. A later run gets to the others."""
    after: Key | None = None
    for _ in range(MAX_PAGES):
        page = of_kind(table, kind, before, after)
        yield from page.bookings
        yield from page.unreadable
        if page.after is None:
            return
        after = page.after


def _written(key: Key | None) -> Item | None:
    return None if key is None else {name: {"S": value} for name, value in key.items()}


def _read(page: Page) -> BookingsPage:
    found = [read(item) for item in page.items]
    after = None if page.after is None else {name: attribute["S"] for name, attribute in page.after.items()}
    return BookingsPage(
        [each for each in found if isinstance(each, Booking)],
        [each for each in found if isinstance(each, Unreadable)],
        after,
    )
