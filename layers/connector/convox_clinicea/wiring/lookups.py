"""The look-ups' desk."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

from aws_lambda_powertools import Logger, Metrics

from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinics import Clinics
from convox_clinicea.convox.lookups.desk import Announce, LookUp, LookupDesk, MaySee, Parts
from convox_clinicea.convox.requests.call import WithCall
from convox_clinicea.deadline import Clock
from convox_clinicea.settings import LookupSettings
from convox_clinicea.sharing.allowance import Allowance
from convox_clinicea.wiring import allowance
from convox_clinicea.wiring.clinicea import clinicea_from
from convox_clinicea.wiring.deployment import clinics_from, dialects_from
from convox_clinicea.wiring.identity import ids_from
from convox_clinicea.wiring.register import register_from

R = TypeVar("R", bound=WithCall)
A = TypeVar("A")


def lookup_desk(
    settings: LookupSettings,
    clock: Clock,
    logger: Logger,
    metrics: Metrics,
    look_up: Callable[[Clinicea, Clinics], LookUp[R, A]],
    *,
    announce: Announce | None = None,
    may_see: Callable[[Allowance], MaySee[R]] | None = None,
) -> LookupDesk[R, A]:
    """Return the desk of a function that makes one kind of look-up; the rest is built at the first one.

    Args:
        may_see: makes the check whether a patient was shown on the call, where the deployment asks for it.
    """

    @cache
    def parts() -> Parts[R, A]:
        clinics = clinics_from(settings)
        limits = allowance.of_lookups(settings, clock, logger, metrics)
        return Parts(
            dialects=dialects_from(settings),
            look_up=look_up(clinicea_from(settings, clinics, clock, in_time=True), clinics),
            allowance=limits,
            register=register_from(settings, clinics.zone(None), ids_from(settings, in_time=True), clock, logger),
            announce=announce,
            may_see=may_see(limits) if may_see is not None and settings.visits_only_if_shown else None,
        )

    return LookupDesk(
        parts,
        clock,
        budget_seconds=settings.lookup_budget_seconds,
        context_required=settings.require_call_context,
        country=settings.default_country,
    )
