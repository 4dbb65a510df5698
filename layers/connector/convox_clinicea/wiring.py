"""Builds collaborators from settings, for the functions' `app.py` and for commands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from convox_clinicea import aws, clinicea
from convox_clinicea.bookings.intake import Intake
from convox_clinicea.bookings.ledger import DEFAULT_RETENTION, Ledger
from convox_clinicea.bookings.queue import BookingQueue, Queues
from convox_clinicea.bookings.sealing import KmsSealer
from convox_clinicea.clinicea.authentication import Credentials
from convox_clinicea.clinicea.transport import RequestsTransport
from convox_clinicea.clinicea.wire import Transport
from convox_clinicea.clinics import Clinics
from convox_clinicea.convox.requests import Place
from convox_clinicea.deadline import Clock
from convox_clinicea.documents import packed, replacement
from convox_clinicea.errors import ConfigurationError
from convox_clinicea.observability import observe_call
from convox_clinicea.settings import CliniceaSettings, IntakeSettings, PlaceSettings

SHORTEST_KEY = 32

transport: Callable[[str], Transport] = RequestsTransport
"""What carries requests to Clinicea; a simulation puts its own here."""


def clinics_from(settings: PlaceSettings) -> Clinics:
    """Return the deployment's clinics."""
    document = replacement("clinics", settings.clinics) or packed("clinics")
    return Clinics.from_document(document, settings.time_zone)


def clinicea_from(settings: CliniceaSettings, clinics: Clinics, clock: Clock) -> clinicea.Clinicea:
    """Return the client for the deployment's Clinicea account; its secret is read when first needed."""
    return clinicea.connect(
        settings.clinicea_url,
        credentials=lambda: Credentials.from_secret(aws.secret(settings.clinicea_secret_arn)),
        scheme=settings.clinicea_authentication,
        call_table=replacement("call_table", settings.call_table),
        clinics=clinics,
        clock=clock,
        transport=transport(settings.clinicea_url),
        observe=observe_call,
    )


def ledger_from(table: str, clock: Clock, retention: timedelta = DEFAULT_RETENTION) -> Ledger:
    """Return the ledger."""
    return Ledger(aws.dynamodb(), table, clock, retention)


class BookingDesk(NamedTuple):
    """What the two booking functions need."""

    settings: IntakeSettings
    place: Place
    intake: Intake


def booking_desk(settings: IntakeSettings, clock: Clock) -> BookingDesk:
    """Return the parts of a function that takes booking requests."""
    place = Place(clinics_from(settings), settings.default_country, settings.default_duration_minutes)
    intake = Intake(
        ledger=ledger_from(settings.ledger_table, clock),
        queue=BookingQueue(aws.sqs(), Queues(settings.queue_url)),
        sealer=KmsSealer(aws.kms(), settings.data_key_id),
        key=lambda: _identity_key(settings.identity_secret_arn),
        clock=clock,
    )
    return BookingDesk(settings, place, intake)


def _identity_key(arn: str) -> bytes:
    """The key from which bookings' ids are derived; it is not rotated within the retention."""
    key = aws.secret(arn).get("key")
    if not isinstance(key, str) or len(key) < SHORTEST_KEY:
        raise ConfigurationError(f"the identity secret needs `key`, of at least {SHORTEST_KEY} characters")
    return key.encode()
