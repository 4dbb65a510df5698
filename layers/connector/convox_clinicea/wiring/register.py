"""The register of disclosures."""

from __future__ import annotations

from datetime import timedelta, tzinfo

from aws_lambda_powertools import Logger

from convox_clinicea import aws
from convox_clinicea.deadline import Clock
from convox_clinicea.disclosures.record import Keeping
from convox_clinicea.disclosures.register import DisclosureRegister
from convox_clinicea.free_text_ids import FreeTextIds
from convox_clinicea.metering import observe_lost_entry
from convox_clinicea.settings import DisclosureSettings
from convox_clinicea.table import Table


def register_from(
    settings: DisclosureSettings, zone: tzinfo, ids: FreeTextIds, clock: Clock, logger: Logger
) -> DisclosureRegister:
    """Return the register; its entries are found by the days of `zone`, and name calls and agents by `ids`."""
    return DisclosureRegister(
        Table(aws.dynamodb_at_once(), settings.disclosures_table),
        clock,
        Keeping(timedelta(days=settings.disclosure_retention_days), zone, ids),
        closed=settings.disclosure_failure == "closed",
        observe=observe_lost_entry(logger),
    )
