"""What answers a person's questions about their own data."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from convox_clinicea import aws
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.holdings import Holdings
from convox_clinicea.bookings.subject_entries import Keeping
from convox_clinicea.bookings.subject_search import SubjectSearch
from convox_clinicea.deadline import Clock
from convox_clinicea.settings import DataRequestSettings
from convox_clinicea.table import Table
from convox_clinicea.wiring.identity import identity_key
from convox_clinicea.wiring.ledger import ledger_from


def holdings_from(settings: DataRequestSettings, clock: Clock) -> Holdings:
    """Return it."""
    retention = timedelta(days=settings.retention_days)
    ledger_table = Table(aws.dynamodb(), settings.ledger_table)
    return Holdings(
        search=SubjectSearch(ledger_table, lambda: identity_key(settings.identity_secret_arn), clock),
        ledger=ledger_from(settings.ledger_table, clock, retention),
        calls=Calls(ledger_table, clock, retention),
        register=Table(aws.dynamodb(), settings.disclosures_table),
        clock=clock,
        retention=retention,
        keeping=Keeping(timedelta(days=settings.consent_retention_days), ZoneInfo(settings.time_zone)),
    )
