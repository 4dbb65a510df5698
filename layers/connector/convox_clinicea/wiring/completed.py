"""The desk of `past_appointments`."""

from __future__ import annotations

from aws_lambda_powertools import Logger, Metrics

from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinics import Clinics
from convox_clinicea.convox.lookups.completed import Completed
from convox_clinicea.convox.lookups.desk import LookupDesk, MaySee
from convox_clinicea.convox.requests.completed import CompletedRequest
from convox_clinicea.deadline import Clock
from convox_clinicea.patients.completed import CompletedAppointments
from convox_clinicea.settings import LookupSettings
from convox_clinicea.sharing.allowance import Allowance, Asker
from convox_clinicea.wiring.lookups import lookup_desk


def completed_desk(
    settings: LookupSettings, clock: Clock, logger: Logger, metrics: Metrics
) -> LookupDesk[CompletedRequest, CompletedRequest]:
    """Return it."""

    def look_up(clinicea: Clinicea, clinics: Clinics) -> Completed:
        return Completed(CompletedAppointments(clinicea, clinics))

    def may_see(allowance: Allowance) -> MaySee[CompletedRequest]:
        def was_shown(client: str, request: CompletedRequest) -> bool:
            asker = Asker(client, request.agent_id)
            return allowance.was_shown(asker, request.patient_id, request.call_id)

        return was_shown

    return lookup_desk(settings, clock, logger, metrics, look_up, may_see=may_see)
