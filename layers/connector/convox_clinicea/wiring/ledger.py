"""The ledger, and what only reads it."""

from __future__ import annotations

from datetime import timedelta

from convox_clinicea import aws
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.ledger import DEFAULT_RETENTION, Ledger
from convox_clinicea.bookings.status import BookingStatus
from convox_clinicea.deadline import Clock
from convox_clinicea.settings import StatusSettings
from convox_clinicea.table import Table
from convox_clinicea.wiring.identity import ids_from


def ledger_from(table: str, clock: Clock, retention: timedelta = DEFAULT_RETENTION) -> Ledger:
    """Return the ledger."""
    return Ledger(Table(aws.dynamodb(), table), clock, retention)


def booking_status_from(settings: StatusSettings, clock: Clock) -> BookingStatus:
    """Return what tells how bookings stand."""
    calls = Calls(Table(aws.dynamodb(), settings.ledger_table), clock)
    return BookingStatus(
        ledger_from(settings.ledger_table, clock), calls, ids_from(settings, earlier=settings.earlier_call_names)
    )
