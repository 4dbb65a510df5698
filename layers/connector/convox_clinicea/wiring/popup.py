"""The desk of `call_popup`."""

from __future__ import annotations

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from convox_clinicea import aws
from convox_clinicea.announced import AnnouncedCalls
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinics import Clinics
from convox_clinicea.convox.lookups.desk import LookupDesk
from convox_clinicea.convox.lookups.popup import PopUpLookUp
from convox_clinicea.convox.place import Place
from convox_clinicea.convox.requests.search import SearchRequest
from convox_clinicea.deadline import Clock
from convox_clinicea.errors import ConfigurationError
from convox_clinicea.mobile import Mobile
from convox_clinicea.observability import failure
from convox_clinicea.patients.completed import CompletedAppointments
from convox_clinicea.patients.popup import CallPopUp
from convox_clinicea.patients.search import PatientSearch
from convox_clinicea.settings import LookupSettings
from convox_clinicea.table import LedgerUnavailable, Table
from convox_clinicea.wiring.identity import ids_from
from convox_clinicea.wiring.lookups import lookup_desk


def popup_desk(
    settings: LookupSettings, clock: Clock, logger: Logger, metrics: Metrics
) -> LookupDesk[SearchRequest, Mobile | None]:
    """Return it."""

    def look_up(clinicea: Clinicea, clinics: Clinics) -> PopUpLookUp:
        search = PatientSearch(clinicea)
        service = CallPopUp(search, CompletedAppointments(clinicea, clinics), logger, metrics)
        return PopUpLookUp(service, Place(clinics, settings.default_country))

    ids = ids_from(settings, in_time=True)

    def announce(caller: str, call_id: str, agent_id: str | None) -> None:
        calls = AnnouncedCalls(Table(aws.dynamodb_at_once(), settings.ledger_table), clock)
        try:
            calls.announce(caller, ids.call(call_id), agent_id)
        except (ConfigurationError, LedgerUnavailable) as error:
            metrics.add_metric("CallNotAnnounced", MetricUnit.Count, 1)
            logger.error("a call was not announced", extra=failure(error))

    return lookup_desk(settings, clock, logger, metrics, look_up, announce)
