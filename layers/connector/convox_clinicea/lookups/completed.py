"""The last completed appointments of a patient, with the clinic's address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from aws_lambda_powertools import Logger, Metrics

from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.lists import newest_first
from convox_clinicea.clinicea.models import Appointment, Status
from convox_clinicea.convox import fields
from convox_clinicea.convox.http import SUCCESS, revealed, written
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.function import Function
from convox_clinicea.lookups.confirm import ConfirmRequest, confirm_pipeline
from convox_clinicea.lookups.pipeline import Found, LookupPipeline, OnePatient, lookup_pipeline, shown_on_call
from convox_clinicea.settings import LookupSettings
from convox_clinicea.text import each_once

if TYPE_CHECKING:  # for the type checker and docs/openapi.json only, not for a cold start
    from convox_clinicea.convox import contract as answers


LAST_VISITS = 10
"""Number of appointments if the request names none."""


@dataclass(frozen=True)
class CompletedAppointment:
    """One past visit and its place."""

    appointment: Appointment
    clinic_name: str | None
    clinic_address: str | None

    @property
    def completed(self) -> bool | None:
        """Whether the visit took place according to Clinicea; None if its status is unclear."""
        if self.appointment.status is Status.CHECKED_OUT:
            return True
        return False if self.appointment.status is Status.STANDING else None


class CompletedAppointments:
    """The service behind `past_appointments`."""

    def __init__(self, clinicea: Clinicea, clinics: Clinics) -> None:
        self._clinicea = clinicea
        self._clinics = clinics

    def of(self, patient_id: str, limit: int, deadline: Deadline) -> list[CompletedAppointment]:
        """Return the patient's last `limit` completed appointments, newest first; empty for an unknown patient.

        Past ones that were never set to `Check Out` are included if the call table says so (`show_unfinished`).
        Clinicea's screen shows the clinic's address [doc]. Whether the call returns it is not published, so the
        deployment's clinics document fills the gaps. Raises a leaf of `clinicea.errors`.
        """
        found = [
            *self._clinicea.past_completed_appointments(patient_id, deadline),
            *self._clinicea.unfinished_appointments(patient_id, deadline),
        ]
        visits = newest_first(each_once(found, lambda visit: visit.appointment_id))
        return [self._placed(visit) for visit in visits[:limit]]

    def _placed(self, appointment: Appointment) -> CompletedAppointment:
        clinic = self._clinics.get(appointment.clinic_id)
        return CompletedAppointment(
            appointment,
            appointment.clinic_name or (clinic.name if clinic else None),
            appointment.clinic_address or (clinic.address if clinic else None),
        )


class CompletedRequest(OnePatient):
    """`GET /patients/{patient_id}/appointments/completed`."""

    limit: fields.Limit = LAST_VISITS


def completed(appointments: Sequence[CompletedAppointment]) -> answers.Completed:
    open_ones = sum(appointment.completed is False for appointment in appointments)
    count = len(appointments) - open_ones
    said = [f"{count} completed appointment{'s' * (count > 1)}." if count else "No completed appointments."]
    if open_ones:
        said.append(f"{open_ones} past appointment{'s' * (open_ones > 1)} not marked as completed.")
    return {
        "status": SUCCESS,
        "message": " ".join(said),
        "appointments": [_completed(appointment) for appointment in appointments],
    }


def _completed(completed: CompletedAppointment) -> answers.Appointment:
    appointment = completed.appointment
    return {
        "appointment_id": appointment.appointment_id,
        "start": written(appointment.start),
        "end": written(appointment.end),
        "service": revealed(appointment.service),
        "practitioner": appointment.practitioner,
        "status": revealed(appointment.status_word),
        "completed": completed.completed,
        "clinic": {
            "clinic_id": appointment.clinic_id,
            "name": completed.clinic_name,
            "address": completed.clinic_address,
        },
    }


class Completed:
    """Look-up of a patient's completed appointments."""

    request = CompletedRequest

    def __init__(self, service: CompletedAppointments) -> None:
        self._service = service

    def understood(self, request: CompletedRequest) -> CompletedRequest:
        return request

    def find(self, asked: CompletedRequest, deadline: Deadline) -> Found:
        found = self._service.of(asked.patient_id, asked.limit, deadline)
        return Found(completed(found), found, asked.patient_id)


def completed_pipeline(
    settings: LookupSettings, clock: Clock, logger: Logger, metrics: Metrics
) -> LookupPipeline[CompletedRequest, CompletedRequest]:
    """Build the pipeline of `past_appointments`."""

    def look_up(clinicea: Clinicea, clinics: Clinics) -> Completed:
        return Completed(CompletedAppointments(clinicea, clinics))

    may_see = shown_on_call if settings.visits_only_if_shown else None
    return lookup_pipeline(settings, clock, logger, metrics, look_up, may_see=may_see)


class PatientFlows(NamedTuple):
    """What `past_appointments` answers of one patient."""

    completed: LookupPipeline[CompletedRequest, CompletedRequest]
    confirm: LookupPipeline[ConfirmRequest, ConfirmRequest]

    def build(self) -> None:
        """Build what their first look-ups would build; raises ConfigurationError."""
        self.completed.build()
        self.confirm.build()


def patient_flows(function: Function[PatientFlows]) -> PatientFlows:
    """Build the flows from the function's environment."""
    settings = LookupSettings.from_environment()
    parts = (settings, function.clock, function.logger, function.metrics)
    return PatientFlows(completed_pipeline(*parts), confirm_pipeline(*parts))
