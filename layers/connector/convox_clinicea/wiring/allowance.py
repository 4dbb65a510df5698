"""The limits of look-ups, of bookings, and of what tells something of a person."""

from __future__ import annotations

from aws_lambda_powertools import Logger, Metrics

from convox_clinicea import aws
from convox_clinicea.deadline import Clock
from convox_clinicea.settings import IntakeSettings, LookupSettings, StatusSettings, WorkerSettings
from convox_clinicea.sharing.allowance import Allowance, Limits
from convox_clinicea.table import Table


def of_lookups(settings: LookupSettings, clock: Clock, logger: Logger, metrics: Metrics) -> Allowance:
    """Return the limits of a function that makes look-ups."""
    limits = Limits(
        per_caller_minute=settings.lookups_per_caller_minute,
        per_agent_minute=settings.lookups_per_agent_minute,
        suspected_after_misses=settings.suspected_after_misses,
        shown_per_caller=settings.patients_per_caller_ten_minutes,
        shown_per_agent=settings.patients_per_agent_ten_minutes,
        shown_per_caller_day=settings.patients_per_caller_day,
        shown_per_agent_day=settings.patients_per_agent_day,
        visits_only_if_shown=settings.visits_only_if_shown,
    )
    return _allowance(settings.ledger_table, limits, clock, logger, metrics)


def of_bookings(settings: IntakeSettings, clock: Clock, logger: Logger, metrics: Metrics) -> Allowance:
    """Return the limits of a function that takes bookings or status callbacks."""
    limits = Limits(
        bookings_per_caller_minute=settings.bookings_per_caller_minute,
        bookings_per_agent_minute=settings.bookings_per_agent_minute,
    )
    return _allowance(settings.ledger_table, limits, clock, logger, metrics)


def of_status(settings: StatusSettings, clock: Clock, logger: Logger, metrics: Metrics) -> Allowance:
    """Return the limit of the function that tells how bookings stand."""
    limits = Limits(status_per_caller_minute=settings.status_per_caller_minute)
    return _allowance(settings.ledger_table, limits, clock, logger, metrics)


def of_outcomes(settings: WorkerSettings, clock: Clock, logger: Logger, metrics: Metrics) -> Allowance:
    """Return what counts the outcomes of bookings that tell something of a person."""
    limits = Limits(suspected_after_misses=settings.suspected_after_misses)
    return _allowance(settings.ledger_table, limits, clock, logger, metrics)


def _allowance(table: str, limits: Limits, clock: Clock, logger: Logger, metrics: Metrics) -> Allowance:
    return Allowance(Table(aws.dynamodb_at_once(), table), limits, clock, logger, metrics)
