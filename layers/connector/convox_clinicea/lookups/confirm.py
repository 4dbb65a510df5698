"""Whether the birth date that a caller told agrees with a patient's record: yes or no, and nothing of the record."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics

from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.models import Patient
from convox_clinicea.convox import fields
from convox_clinicea.convox.http import SUCCESS
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.lookups.pipeline import Found, LookupPipeline, OnePatient, lookup_pipeline, shown_on_call
from convox_clinicea.settings import LookupSettings

if TYPE_CHECKING:  # the shapes are for the type checker and for docs/openapi.json; a cold start needs none
    from convox_clinicea.convox import contract as answers


class ConfirmRequest(OnePatient):
    """`POST /patients/{patient_id}/confirm`."""

    date_of_birth: fields.BirthDate


def is_born(patient: Patient, born: date) -> bool:
    """Whether the record says that the patient was born on that day; never, where it does not say when."""
    return patient.date_of_birth is not None and patient.date_of_birth.reveal() == born


_MESSAGES = {
    True: "The birth date agrees with the record.",
    False: "The birth date does not agree with the record. Ask once more, or ask for the file number.",
}


def confirmation(*, agrees: bool) -> answers.Confirmation:
    return {"status": SUCCESS, "message": _MESSAGES[agrees], "agrees": agrees}


class Confirm:
    """Compares a birth date; one that does not agree counts as a look-up that found nobody."""

    request = ConfirmRequest

    def __init__(self, clinicea: Clinicea) -> None:
        self._clinicea = clinicea

    def understood(self, request: ConfirmRequest) -> ConfirmRequest:
        return request

    def find(self, asked: ConfirmRequest, deadline: Deadline) -> Found:
        patient = self._clinicea.patient_by_id(asked.patient_id, deadline)
        agrees = patient is not None and is_born(patient, asked.date_of_birth.reveal())
        return Found(confirmation(agrees=agrees), [patient] if agrees else [], asked.patient_id)


def confirm_pipeline(
    settings: LookupSettings, clock: Clock, logger: Logger, metrics: Metrics
) -> LookupPipeline[ConfirmRequest, ConfirmRequest]:
    """Return the pipeline that answers only for a patient who was shown on the call."""

    def look_up(clinicea: Clinicea, _clinics: Clinics) -> Confirm:
        return Confirm(clinicea)

    return lookup_pipeline(settings, clock, logger, metrics, look_up, may_see=shown_on_call)
