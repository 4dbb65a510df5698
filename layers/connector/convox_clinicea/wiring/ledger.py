"""The ledger, and what only reads it."""

from __future__ import annotations

from datetime import timedelta

from convox_clinicea import aws
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.ledger import DEFAULT_RETENTION, Ledger
from convox_clinicea.bookings.status import BookingStatus
from convox_clinicea.deadline import Clock
from convox_clinicea.table import Table


def ledger_from(table: str, clock: Clock, retention: timedelta = DEFAULT_RETENTION) -> Ledger:
    """Return the ledger."""
    return Ledger(Table(aws.dynamodb(), table), clock, retention)


def booking_status_from(table: str, clock: Clock) -> BookingStatus:
    """Return what tells how bookings stand."""
    return BookingStatus(ledger_from(table, clock), Calls(Table(aws.dynamodb(), table), clock))
