"""The look-ups' desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import TypeVar

from aws_lambda_powertools import Logger, Metrics

from convox_clinicea import aws
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinics import Clinics
from convox_clinicea.convox.lookups.desk import Announce, LookUp, LookupDesk, Parts
from convox_clinicea.convox.requests.call import WithCall
from convox_clinicea.deadline import Clock
from convox_clinicea.disclosures.record import Keeping
from convox_clinicea.disclosures.register import DisclosureRegister
from convox_clinicea.metering import observe_lost_entry
from convox_clinicea.settings import LookupSettings
from convox_clinicea.sharing.allowance import Allowance, Limits
from convox_clinicea.table import Table
from convox_clinicea.wiring.clinicea import clinicea_from
from convox_clinicea.wiring.deployment import clinics_from, dialects_from
from convox_clinicea.wiring.identity import ids_from

R = TypeVar("R", bound=WithCall)
A = TypeVar("A")


def lookup_desk(
    settings: LookupSettings,
    clock: Clock,
    logger: Logger,
    metrics: Metrics,
    look_up: Callable[[Clinicea, Clinics], LookUp[R, A]],
    announce: Announce | None = None,
) -> LookupDesk[R, A]:
    """Return the desk of a function that makes one kind of look-up; the rest is built at the first one."""

    @cache
    def parts() -> Parts[R, A]:
        clinics = clinics_from(settings)
        return Parts(
            dialects=dialects_from(settings),
            look_up=look_up(clinicea_from(settings, clinics, clock, in_time=True), clinics),
            allowance=_allowance(settings, clock, logger, metrics),
            register=_register(settings, clinics, clock, logger),
            announce=announce,
        )

    return LookupDesk(
        parts,
        clock,
        budget_seconds=settings.lookup_budget_seconds,
        context_required=settings.require_call_context,
        country=settings.default_country,
    )


def _register(settings: LookupSettings, clinics: Clinics, clock: Clock, logger: Logger) -> DisclosureRegister:
    ids = ids_from(settings, in_time=True)
    keeping = Keeping(timedelta(days=settings.disclosure_retention_days), clinics.zone(None), ids)
    return DisclosureRegister(
        Table(aws.dynamodb_at_once(), settings.disclosures_table),
        clock,
        keeping,
        closed=settings.disclosure_failure == "closed",
        observe=observe_lost_entry(logger),
    )


def _allowance(settings: LookupSettings, clock: Clock, logger: Logger, metrics: Metrics) -> Allowance:
    limits = Limits(
        per_caller_minute=settings.lookups_per_caller_minute,
        per_agent_minute=settings.lookups_per_agent_minute,
        suspected_after_misses=settings.suspected_after_misses,
    )
    return Allowance(Table(aws.dynamodb_at_once(), settings.ledger_table), limits, clock, logger, metrics)
