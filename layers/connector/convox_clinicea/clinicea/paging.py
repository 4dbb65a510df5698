"""Lists of Clinicea, read page by page to their end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from convox_clinicea.clinicea.answers import Record
from convox_clinicea.clinicea.call_table import CallSpec
from convox_clinicea.clinicea.calls import Call
from convox_clinicea.clinicea.errors import UnexpectedAnswer

MAX_PAGES = 50
MOST_PAGES_OF_A_DAY = 1000
"""Of the calendar of all clinics, which Clinicea may cut to ten records a page; the deadline ends a longer reading."""
T = TypeVar("T")


def every_page(
    call: Call,
    spec: CallSpec,
    ask: Callable[[Mapping[str, str]], list[Record]],
    read: Callable[[list[Record]], list[T]],
    key: Callable[[T], str],
    most: int = MAX_PAGES,
) -> list[T]:
    """Read pages until the last, which `last_page` of the call knows: an empty one, or one that is short.

    Clinicea may give fewer than were asked for, so that only an empty page is surely the last. A page that brings
    nothing new means that the paging is not understood, so that the reading is not complete.

    Args:
        ask: fetches the page that these arguments name.
        read: makes of a page's records what is wanted.
        key: what two of these are the same by.
        most: pages that are read.
    """
    seen: dict[str, T] = {}
    for page in range(1, most + 1):
        found = ask({} if spec.page_size is None else {"page": str(page), "page_size": str(spec.page_size)})
        items = read(found)
        if not items or spec.page_size is None:
            return [*seen.values(), *items]
        new = {each: item for item in items if (each := key(item)) not in seen}
        if not new:
            raise UnexpectedAnswer(call, detail="a page repeats the pages before it")
        seen.update(new)
        if spec.last_page == "short" and len(found) < spec.page_size:
            return [*seen.values()]
    raise UnexpectedAnswer(call, detail=f"more than {most} pages")


def all_read(call: Call, read: Iterable[T | None]) -> list[T]:
    """A record that cannot be read is no reason to act as if it were not there."""
    complete = []
    for item in read:
        if item is None:
            raise UnexpectedAnswer(call, detail="a record without an id")
        complete.append(item)
    return complete
