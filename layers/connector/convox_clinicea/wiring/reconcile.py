"""What compares the ledger with Clinicea's calendar."""

from __future__ import annotations

from convox_clinicea import aws
from convox_clinicea.bookings.identity import digest_of_name, digest_of_number
from convox_clinicea.bookings.nights import Nights
from convox_clinicea.bookings.reconcile import Reconciler
from convox_clinicea.deadline import Clock
from convox_clinicea.mobile import InvalidMobile, parse_mobile
from convox_clinicea.settings import ReconcileSettings
from convox_clinicea.sharing.pace import PacedTransport, SteadyTransport
from convox_clinicea.table import Table
from convox_clinicea.wiring import clinicea
from convox_clinicea.wiring.deployment import clinics_from
from convox_clinicea.wiring.identity import identity_key
from convox_clinicea.wiring.ledger import ledger_from

SECONDS_BETWEEN = 0.25
"""Between two requests to Clinicea: the workers' bookings and the agents' look-ups have the rest of its time."""


def reconciler_from(settings: ReconcileSettings, clock: Clock) -> Reconciler:
    """Return it; it asks Clinicea at a steady pace, and within the shared one where there is one."""
    clinics = clinics_from(settings)
    carried_by = clinicea.transport(settings.clinicea_url)
    if settings.clinicea_per_second:
        turns = Table(aws.dynamodb(), settings.ledger_table)
        carried_by = PacedTransport(carried_by, turns, settings.clinicea_per_second, clock)
    client = clinicea.clinicea_from(
        settings, clinics, clock, carried_by=SteadyTransport(carried_by, SECONDS_BETWEEN, clock)
    )
    return Reconciler(
        ledger_from(settings.ledger_table, clock),
        client,
        clinics,
        number_key=lambda text: _number_key(settings, text),
        name_key=lambda text: digest_of_name(identity_key(settings.identity_secret_arn), text),
        country=settings.default_country,
        by_patient=settings.read_backs,
    )


def nights_from(settings: ReconcileSettings, clock: Clock) -> Nights:
    """Return when the nights are, in the stack's time zone, and how far the comparison of the last one came."""
    return Nights(Table(aws.dynamodb(), settings.ledger_table), clock, clinics_from(settings).zone(None))


def _number_key(settings: ReconcileSettings, text: str) -> str | None:
    try:
        mobile = parse_mobile(text, default_country=settings.default_country)
    except InvalidMobile:
        return None
    return digest_of_number(identity_key(settings.identity_secret_arn), mobile)
