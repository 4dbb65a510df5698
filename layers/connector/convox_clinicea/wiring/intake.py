"""What turns requests into bookings."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from convox_clinicea import aws
from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.consents import Consents
from convox_clinicea.bookings.drafting import Drafter
from convox_clinicea.bookings.intake import Intake
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.open_bookings import OpenBookings
from convox_clinicea.bookings.queue import BookingQueue, Queues
from convox_clinicea.clinicea.flows import flows_of
from convox_clinicea.convox.dialect import Dialects
from convox_clinicea.convox.place import Place
from convox_clinicea.deadline import Clock
from convox_clinicea.documents import replacement
from convox_clinicea.sealing import KmsSealer
from convox_clinicea.settings import IntakeSettings
from convox_clinicea.table import Table
from convox_clinicea.wiring.deployment import clinics_from, consent_texts_from, dialects_from
from convox_clinicea.wiring.identity import identity_key, ids_from


class BookingDesk(NamedTuple):
    """What the two booking functions need."""

    settings: IntakeSettings
    dialects: Dialects
    place: Place
    intake: Intake


def booking_desk(settings: IntakeSettings, clock: Clock) -> BookingDesk:
    """Return the parts of a function that takes booking requests."""
    place = place_from(settings)
    table = Table(aws.dynamodb(), settings.ledger_table)
    ledger = Ledger(table, clock)
    intake = Intake(
        ledger=ledger,
        calls=Calls(table, clock),
        queue=BookingQueue(aws.sqs(), Queues(settings.queue_url)),
        drafter=drafter_from(settings, place, clock),
        clock=clock,
        open_bookings=OpenBookings(table, ledger, clock, settings.open_bookings_per_number),
    )
    return BookingDesk(settings, dialects_from(settings), place, intake)


def place_from(settings: IntakeSettings) -> Place:
    """Return what requests leave to the deployment."""
    return Place(
        clinics_from(settings),
        settings.default_country,
        settings.default_duration_minutes,
        texts=consent_texts_from(settings),
    )


def drafter_from(settings: IntakeSettings, place: Place, clock: Clock) -> Drafter:
    """Return what drafts bookings from requests."""
    sealer = KmsSealer(aws.kms(), settings.data_key_id)
    consents = Consents(
        Table(aws.dynamodb(), settings.disclosures_table),
        settings.consent_text_version,
        timedelta(days=settings.consent_retention_days),
        place.clinics.zone(None),
        place.texts,
    )
    flows = flows_of(replacement("call_table", settings.call_table))
    return Drafter(
        sealer,
        lambda: identity_key(settings.identity_secret_arn),
        clock,
        consents,
        flows,
        ids=ids_from(settings, earlier=settings.earlier_call_names),
    )
