"""The pop-up: search and, for one patient, the last visits in one answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea import aws
from convox_clinicea.announcements import AgentCall, AgentCalls, AnnouncedCalls, key_of_agent
from convox_clinicea.aws import deadline_scope
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.errors import CliniceaError, SetupFault
from convox_clinicea.clinicea.models import Patient
from convox_clinicea.convox.aliases import named
from convox_clinicea.convox.body import pairs_of
from convox_clinicea.convox.defaults import RequestDefaults
from convox_clinicea.convox.dialect import Dialect
from convox_clinicea.convox.http import SUCCESS
from convox_clinicea.convox.request import identity_key, ids_from
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.errors import ConfigurationError, ConnectorError, NoCallerNumber, SecretUnavailable
from convox_clinicea.function import Function, failure
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.lookups.completed import LAST_VISITS, CompletedAppointment, CompletedAppointments, completed
from convox_clinicea.lookups.confirm import is_born
from convox_clinicea.lookups.pipeline import Admitted, Announce, Found, Keep, LookupPipeline, lookup_pipeline
from convox_clinicea.lookups.prefetched import CallOfAgent, Prefetched, PrefetchedLookups
from convox_clinicea.lookups.search import Match, MatchKind, PatientSearch, SearchRequest, match
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import digest_of_number, digest_of_patient, tells
from convox_clinicea.sealing import KmsSealer, SealingUnavailable
from convox_clinicea.settings import PopUpSettings
from convox_clinicea.sockets import key_of_sockets, nothing_begun, push_from
from convox_clinicea.table import ConditionFailed, Table, TableUnavailable
from convox_clinicea.text import normalized, seen

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
        return self._with_visits(match, deadline)

    def of_candidate(self, mobile: Mobile, patient_id: str, born: date, deadline: Deadline) -> PopUp | None:
        """Return what Clinicea tells of one of the patients with the number; None if the birth date is another.

        Raises:
            NotShown: the patient does not have the number.
            CliniceaError, SecretUnavailable: Clinicea did not answer the search.
        """
        patient = self._search.find(mobile, deadline).patient(patient_id)
        if not is_born(patient, born):
            return None
        return self._with_visits(Match((patient,)), deadline)

    def _with_visits(self, match: Match, deadline: Deadline) -> PopUp:
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
_ANNOUNCED = "The call is announced at the agent's desk."
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


def acknowledged() -> answers.PopUp:
    """Nobody: what was found is for the agent's desk alone."""
    return {**no_number(), "message": _ANNOUNCED, "match": None}


class PopUpLookUp:
    """Look-up of patients and visits that answers whatever Clinicea does.

    Args:
        tells: whether the answer says who is calling, or only acknowledges the call.
        looks_up: whether the result is needed; otherwise Clinicea is not asked.
    """

    request = SearchRequest

    def __init__(self, service: CallPopUp, defaults: RequestDefaults, *, tells: bool, looks_up: bool) -> None:
        self._service = service
        self._defaults = defaults
        self._tells = tells
        self._looks_up = looks_up

    def understood(self, request: SearchRequest) -> Mobile | None:
        try:
            return request.number(self._defaults)
        except NoCallerNumber:
            return None

    def find(self, asked: Mobile | None, deadline: Deadline) -> Found:
        if not self._looks_up:
            return Found(acknowledged())
        if asked is None:
            return Found(no_number() if self._tells else acknowledged())
        found = self._service.of(asked, deadline)
        if not self._tells:
            return Found(acknowledged(), source=found)
        return Found(popup(found, asked), found.patients, source=found)


_LINE = ("queue", "process", "did")
_OF_THE_LINE = frozenset({*_LINE, "call_type"})
LONGEST_LINE = 60
SECONDS_FOR_THE_DESK = 0.5
"""For which a silent AWS service may hold up the look-up of a call that is announced to a desk."""


def line_of(event: APIGatewayProxyEvent, dialect: Dialect, country: str) -> tuple[str, str]:
    """Return the line that was called, as far as ConVox tells, and the direction, `in` or `out`.

    A line is the call centre's own word, never a reason to refuse a pop-up. Of a call to the caller the number that was
    dialled is the caller's.
    """
    said = named(pairs_of(event, dialect.known), _OF_THE_LINE, dialect).values
    out = normalized(str(said.get("call_type", ""))).startswith("out")
    words = [seen(str(said[name])) for name in _LINE if name in said and not (out and name == "did")]
    names = [word for word in words[:2] if not tells(word, country)] or words[2:]
    return (names[0][:LONGEST_LINE] if names else ""), ("out" if out else "in")


def announcement(
    settings: PopUpSettings, clock: Clock, logger: Logger, metrics: Metrics
) -> tuple[Announce[SearchRequest, Mobile | None], Keep[SearchRequest, Mobile | None] | None]:
    """Return what notes that a call has come, and what keeps the result for the agent's desk.

    The call is noted in the list of calls without an end, and for the agent's desk, whose open pages are told of it.
    """
    ids = ids_from(settings, in_time=True)
    push = push_from(settings, settings.ledger_table, clock, logger, metrics)

    def table() -> Table:
        return Table(aws.dynamodb_at_once(), settings.ledger_table)

    def sealer() -> KmsSealer:
        return KmsSealer(aws.kms_in_time(), settings.kms_key_arn)

    def persons(mobile: Mobile, *patients: Patient) -> list[str]:
        key = identity_key(settings.identity_secret_arn, in_time=True)
        return [digest_of_number(key, mobile), *(digest_of_patient(key, each.patient_id) for each in patients)]

    def to_the_desk(came: Admitted[SearchRequest, Mobile | None], call_id: str, agent_id: str) -> None:
        line, direction = line_of(came.event, came.dialect, settings.default_country)
        mobile, said = came.asked, came.request.call_id or call_id
        told = {} if mobile is None else {"mobile": mobile.reveal()}
        told |= {} if said == call_id else {"call_id": said}
        key = key_of_agent(came.client, agent_id)
        number_key = None if mobile is None else persons(mobile)[0]
        sealed = sealer().seal(key, json.dumps(told).encode()) if told else None
        call = AgentCall(call_id, clock.now(), line, direction, sealed=sealed, number_key=number_key)
        AgentCalls(table(), clock).announce(came.client, agent_id, call)

    def announce(came: Admitted[SearchRequest, Mobile | None]) -> Callable[[], None]:
        request = came.request
        if request.call_id is None:
            return nothing_begun
        try:
            agent_id = None if request.agent_id is None else ids.agent(request.agent_id)
            call_id = ids.call(request.call_id)
            AnnouncedCalls(table(), clock).announce(came.client, call_id, agent_id)
            if agent_id is not None and came.client == settings.desk_client:
                with deadline_scope(came.deadline.capped(SECONDS_FOR_THE_DESK)):
                    to_the_desk(came, call_id, agent_id)
                return push.start(key_of_sockets(came.client, agent_id), came.deadline)
        except (ConfigurationError, TableUnavailable, SealingUnavailable, UnreadableRecord) as error:
            metrics.add_metric("CallNotAnnounced", MetricUnit.Count, 1)
            logger.error("a call was not announced", extra=failure(error))
        return nothing_begun

    def keep(came: Admitted[SearchRequest, Mobile | None], found: Found) -> None:
        request, mobile, source = came.request, came.asked, found.source
        if mobile is None or request.call_id is None or request.agent_id is None or came.client != settings.desk_client:
            return
        if not isinstance(source, PopUp) or source.match is None or source.degraded:
            return
        try:
            call = CallOfAgent(came.client, ids.agent(request.agent_id), ids.call(request.call_id))
            result = Prefetched(source.match, source.appointments)
            lookups = PrefetchedLookups(table(), sealer(), clock)
            with deadline_scope(came.deadline.capped(came.deadline.remaining() / 2)):
                lookups.keep(call, mobile, persons(mobile, *source.match.patients), result, settings.prefetch_seconds)
        except (ConfigurationError, ConditionFailed, TableUnavailable, SealingUnavailable) as error:
            logger.warning("a pop-up's result was not kept for the desk", extra=failure(error))  # it asks Clinicea

    return announce, keep if settings.prefetch_seconds else None


def popup_pipeline(
    settings: PopUpSettings, clock: Clock, logger: Logger, metrics: Metrics
) -> LookupPipeline[SearchRequest, Mobile | None]:
    """Build the pipeline of `call_popup`."""

    def look_up(clinicea: Clinicea, clinics: Clinics) -> PopUpLookUp:
        search = PatientSearch(clinicea)
        service = CallPopUp(search, CompletedAppointments(clinicea, clinics), logger, metrics)
        tells = settings.popup_answer == "full"
        defaults = RequestDefaults(clinics, settings.default_country)
        return PopUpLookUp(service, defaults, tells=tells, looks_up=tells or settings.prefetch_seconds > 0)

    announce, keep = announcement(settings, clock, logger, metrics)
    return lookup_pipeline(settings, clock, logger, metrics, look_up, announce=announce, keep=keep)


Flow = LookupPipeline[SearchRequest, Mobile | None]


def popup_flow(function: Function[Flow]) -> Flow:
    """Build the flow from the function's environment."""
    settings = PopUpSettings.from_environment()
    return popup_pipeline(settings, function.clock, function.logger, function.metrics)
