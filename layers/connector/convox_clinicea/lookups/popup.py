"""The pop-up: search and, for one patient, the last visits in one answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from convox_clinicea import aws
from convox_clinicea.announcements import AnnouncedCalls
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.errors import CliniceaError, SetupFault
from convox_clinicea.clinicea.models import Patient
from convox_clinicea.convox.defaults import RequestDefaults
from convox_clinicea.convox.http import SUCCESS
from convox_clinicea.convox.request import ids_from
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.errors import ConfigurationError, ConnectorError, NoCallerNumber, SecretUnavailable
from convox_clinicea.function import Function, failure
from convox_clinicea.lookups.completed import LAST_VISITS, CompletedAppointment, CompletedAppointments, completed
from convox_clinicea.lookups.pipeline import Found, LookupPipeline, lookup_pipeline
from convox_clinicea.lookups.search import Match, MatchKind, PatientSearch, SearchRequest, match
from convox_clinicea.mobile import Mobile
from convox_clinicea.settings import LookupSettings, SearchSettings
from convox_clinicea.table import Table, TableUnavailable

if TYPE_CHECKING:  # for the type checker and docs/openapi.json only, not for a cold start
    from convox_clinicea.convox import contract as answers


@dataclass(frozen=True)
class PopUp:
    """Data for the pop-up of one call.

    Attributes:
        match: None if Clinicea did not answer the search.
        appointments: the only patient's appointments; None if there is not exactly one patient, or no answer.
        degraded: whether data is missing because Clinicea did not answer.
    """

    match: Match | None
    appointments: list[CompletedAppointment] | None
    degraded: bool

    @property
    def patients(self) -> tuple[Patient, ...] | None:
        """The patients with the number; None if unknown."""
        return None if self.match is None else self.match.patients


class CallPopUp:
    """The service behind `call_popup`."""

    def __init__(
        self, search: PatientSearch, completed: CompletedAppointments, logger: Logger, metrics: Metrics
    ) -> None:
        self._search = search
        self._completed = completed
        self._logger = logger
        self._metrics = metrics

    def of(self, mobile: Mobile, deadline: Deadline) -> PopUp:
        """Return what Clinicea answers before `deadline`; never raises an error of Clinicea's."""
        try:
            match = self._search.find(mobile, deadline)
        except (CliniceaError, SecretUnavailable) as error:
            self._degraded(error)
            return PopUp(None, None, degraded=True)
        if match.kind is not MatchKind.ONE:
            return PopUp(match, None, degraded=False)
        try:
            appointments = self._completed.of(match.patients[0].patient_id, LAST_VISITS, deadline)
        except (CliniceaError, SecretUnavailable) as error:
            self._degraded(error)
            return PopUp(match, None, degraded=True)
        return PopUp(match, appointments, degraded=False)

    def _degraded(self, error: ConnectorError) -> None:
        self._logger.warning("pop-up degraded", extra=failure(error))
        self._metrics.add_metric("PopUpDegraded", MetricUnit.Count, 1)
        if isinstance(error, SetupFault):
            self._metrics.add_metric("CliniceaSetupFault", MetricUnit.Count, 1)


_NO_ANSWER = "The clinic's system did not answer in time. Ask who is calling, and search again."
_NO_NUMBER = "The caller's number is withheld or internal. Ask the caller for a number and search by it."
_NO_VISITS = "The clinic's system did not return the last visits in time."


def popup(found: PopUp, mobile: Mobile) -> answers.PopUp:
    """Return match and, for one patient, completed appointments; `degraded` if Clinicea's data is incomplete."""
    who = None if found.match is None else match(found.match, mobile)
    visits = None if found.appointments is None else completed(found.appointments)
    said = [part["message"] for part in (who, visits) if part is not None]
    if found.degraded:
        said.append(_NO_VISITS if found.match else _NO_ANSWER)
    return {
        "status": SUCCESS,
        "message": " ".join(said),
        "match": None if who is None else who["match"],
        "patients": [] if who is None else who["patients"],
        "appointments": None if visits is None else visits["appointments"],
        "degraded": found.degraded,
    }


def no_number() -> answers.PopUp:
    """Return the answer without patients for a call without a number, which the client cannot correct."""
    return {
        "status": SUCCESS,
        "message": _NO_NUMBER,
        "match": "none",
        "patients": [],
        "appointments": None,
        "degraded": False,
    }


class PopUpLookUp:
    """Look-up of patients and visits that answers whatever Clinicea does."""

    request = SearchRequest

    def __init__(self, service: CallPopUp, defaults: RequestDefaults) -> None:
        self._service = service
        self._defaults = defaults

    def understood(self, request: SearchRequest) -> Mobile | None:
        try:
            return request.number(self._defaults)
        except NoCallerNumber:
            return None

    def find(self, asked: Mobile | None, deadline: Deadline) -> Found:
        if asked is None:
            return Found(no_number())
        found = self._service.of(asked, deadline)
        return Found(popup(found, asked), found.patients)


def popup_pipeline(
    settings: LookupSettings, clock: Clock, logger: Logger, metrics: Metrics
) -> LookupPipeline[SearchRequest, Mobile | None]:
    """Build the pipeline of `call_popup`."""

    def look_up(clinicea: Clinicea, clinics: Clinics) -> PopUpLookUp:
        search = PatientSearch(clinicea)
        service = CallPopUp(search, CompletedAppointments(clinicea, clinics), logger, metrics)
        return PopUpLookUp(service, RequestDefaults(clinics, settings.default_country))

    ids = ids_from(settings, in_time=True)

    def announce(caller: str, call_id: str, agent_id: str | None) -> None:
        calls = AnnouncedCalls(Table(aws.dynamodb_at_once(), settings.ledger_table), clock)
        try:
            named = None if agent_id is None else ids.agent(agent_id)
            calls.announce(caller, ids.call(call_id), named)
        except (ConfigurationError, TableUnavailable) as error:
            metrics.add_metric("CallNotAnnounced", MetricUnit.Count, 1)
            logger.error("a call was not announced", extra=failure(error))

    return lookup_pipeline(settings, clock, logger, metrics, look_up, announce=announce)


Flow = LookupPipeline[SearchRequest, Mobile | None]


def popup_flow(function: Function[Flow]) -> Flow:
    """Build the flow from the function's environment."""
    settings = SearchSettings.from_environment()
    return popup_pipeline(settings, function.clock, function.logger, function.metrics)
