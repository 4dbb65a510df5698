"""One answer to ConVox's pop-up: who is calling and, for one patient, the last visits."""

from __future__ import annotations

from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from convox_clinicea.clinicea.errors import CliniceaError, SetupFault
from convox_clinicea.clinicea.models import Patient
from convox_clinicea.deadline import Deadline
from convox_clinicea.errors import ConnectorError, SecretUnavailable
from convox_clinicea.mobile import Mobile
from convox_clinicea.observability import failure
from convox_clinicea.patients.completed import LAST_VISITS, CompletedAppointment, CompletedAppointments
from convox_clinicea.patients.search import Match, MatchKind, PatientSearch


@dataclass(frozen=True)
class PopUp:
    """What is known of the caller.

    Attributes:
        match: None if Clinicea did not answer the search.
        appointments: of the one patient; None if there is not exactly one, or if Clinicea did not answer.
        degraded: whether Clinicea left something out.
    """

    match: Match | None
    appointments: list[CompletedAppointment] | None
    degraded: bool

    @property
    def patients(self) -> tuple[Patient, ...] | None:
        """Who has the number; None if that is not known."""
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
        """Return what Clinicea tells before `deadline`; whatever it does, this answers."""
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
