"""Pages of bookings, of the ledger's table or of one of its indexes, each with the key at which the next one starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from convox_clinicea.bookings.record import Booking, Open, key_of
from convox_clinicea.bookings.unreadable import Unreadable, read
from convox_clinicea.table import MAX_PAGES, Item, Page, Table, timestamp

Key = dict[str, str]
"""Where a page starts: the attributes of the key before it, all of them texts."""


@dataclass(frozen=True)
class BookingsPage:
    """Bookings of one page.

    Attributes:
        unreadable: more of them, that this version cannot read.
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
        before: None: all, those that were queued at no moment that can be read among them.
    """
    condition = "#open = :kind"
    values: Item = {":kind": {"S": kind.value}}
    if before is not None:
        condition, values = f"{condition} AND queued_at < :before", {**values, ":before": {"S": timestamp(before)}}
    return _read(table.query_page("open", condition, {"#open": "open"}, values, _written(after)))


def each_of_kind(table: Table, kind: Open, before: datetime | None) -> Iterator[Booking | Unreadable]:
    """Yield the same from page to page: the oldest, as far as 100 MB reach. Who comes regularly gets to the others."""
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
