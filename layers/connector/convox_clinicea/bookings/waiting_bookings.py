"""Bookings that wait for their call's end, and their form in DynamoDB: one item for each call of an agent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from aws_lambda_powertools import Metrics

from convox_clinicea import aws
from convox_clinicea.announcements import PERSONS
from convox_clinicea.deadline import Clock, Deadline, fresh_token
from convox_clinicea.errors import ConnectorError
from convox_clinicea.items import SCHEMA, require_readable
from convox_clinicea.settings import SweepSettings
from convox_clinicea.table import WRITE_TOKEN, Item, Put, Table, timestamp

SCHEMA_VERSION = 1
WAITING = "call_end"
"""In the index `open`: calls with a booking that waits for their end."""
PREFIX = "desk-wish#"
RETENTION = timedelta(days=7)
"""Beyond its keeping; long enough for a week's outage of what makes it."""
_ATTRIBUTES = frozenset({"pk", "bookings", "open", "queued_at", "expires_at", PERSONS, WRITE_TOKEN, SCHEMA})


MOST_AT_A_TIME = 50
"""Calls that one sweep looks at."""


class NotMade(ConnectorError):
    """A booking that waits for its call's end was not made now."""

    retryable = True


def due(table: Table, before: datetime) -> list[str]:
    """Return the items whose bookings have waited for their call's end since then; raises TableUnavailable."""
    found = table.query(
        "open",
        "#open = :waiting AND queued_at <= :before",
        {"#open": "open"},
        {":waiting": {"S": WAITING}, ":before": {"S": timestamp(before)}},
    )
    return [item["pk"]["S"] for item in islice(found, MOST_AT_A_TIME)]


@dataclass(frozen=True)
class WaitingBooking:
    """One booking that waits, or that could not be made.

    Attributes:
        wish_id: the id that it will have in the ledger.
        persons: HMACs of the patient and of the number.
        sealed: the request, encrypted for the call's item.
        problems: the fields for which it could not be made; a person must look.
        making: whether somebody has begun to make it.
        another: whether the person is to have it beside another booking of the call.
    """

    wish_id: str
    start: datetime
    clinic_id: str
    kept_at: datetime
    persons: tuple[str, ...]
    sealed: bytes = field(repr=False)
    problems: tuple[str, ...] = ()
    making: bool = False
    another: bool = False


def put_of(key: str, standing: Item | None, bookings: Sequence[WaitingBooking], now: datetime) -> Put:
    """Return the write of a call's item, on condition that nobody else has written it since it was read."""
    item: Item = {
        "pk": {"S": key},
        "bookings": {"L": [{"M": _attributes(each)} for each in bookings]},
        PERSONS: _texts(sorted({key for each in bookings for key in each.persons})),
        "expires_at": {"N": str(int((now + RETENTION).timestamp()))},
        SCHEMA: {"N": str(SCHEMA_VERSION)},
        WRITE_TOKEN: {"S": fresh_token()},
    }
    waiting = [each.kept_at for each in bookings if not each.problems]
    if waiting:
        item |= {"open": {"S": WAITING}, "queued_at": {"S": timestamp(max(waiting))}}
    if standing is None:
        return Put(item, "attribute_not_exists(pk)")
    return Put(item, f"{WRITE_TOKEN} = :seen", {":seen": standing[WRITE_TOKEN]})


def journal_key(key: str, wish_id: str) -> str:
    """Return the name of one booking of an item in the journal of erasures."""
    return f"{key}#{wish_id}"


def bookings_in(item: Item | None) -> list[WaitingBooking]:
    """Read a call's item; raises UnreadableRecord."""
    require_readable(item or {}, SCHEMA_VERSION, _ATTRIBUTES)
    return [] if item is None else [_waiting(each["M"]) for each in item["bookings"]["L"]]


def _attributes(booking: WaitingBooking) -> dict[str, Any]:
    return {
        "wish_id": {"S": booking.wish_id},
        "start": {"S": booking.start.isoformat()},
        "clinic_id": {"S": booking.clinic_id},
        "kept_at": {"S": timestamp(booking.kept_at)},
        "persons": _texts(booking.persons),
        "sealed": {"B": booking.sealed},
        "problems": _texts(booking.problems),
        "making": {"BOOL": booking.making},
        "another": {"BOOL": booking.another},
    }


def _texts(texts: Iterable[str]) -> Any:
    return {"L": [{"S": each} for each in texts]}


def _waiting(told: Mapping[str, Any]) -> WaitingBooking:
    return WaitingBooking(
        wish_id=told["wish_id"]["S"],
        start=datetime.fromisoformat(told["start"]["S"]),
        clinic_id=told["clinic_id"]["S"],
        kept_at=datetime.fromisoformat(told["kept_at"]["S"]),
        persons=tuple(each["S"] for each in told["persons"]["L"]),
        sealed=told["sealed"]["B"],
        problems=tuple(each["S"] for each in told["problems"]["L"]),
        making=told["making"]["BOOL"],
        another=told["another"]["BOOL"] if "another" in told else False,
    )


def making_from(settings: SweepSettings, clock: Clock, metrics: Metrics) -> Callable[[Deadline], int]:
    """Return what makes the bookings of calls of which no status callback came."""

    def make(deadline: Deadline) -> int:
        before = clock.now() - timedelta(minutes=settings.call_end_minutes)
        keys = due(Table(aws.dynamodb(), settings.ledger_table), before)
        if not keys:
            return 0
        from convox_clinicea.bookings.call_ends import call_ends_of_sweeper  # it loads the intake

        return call_ends_of_sweeper(settings, clock, metrics).make_each(keys, deadline)

    return make
