"""Is the new patient registered by now? Asked before anyone is created, and after every doubtful creation."""

from __future__ import annotations

from convox_clinicea.bookings.identity import folded_name
from convox_clinicea.bookings.request import PatientDetails
from convox_clinicea.bookings.states import Reason
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.models import Patient
from convox_clinicea.deadline import Deadline
from convox_clinicea.errors import ConnectorError


class CannotDecide(ConnectorError):
    """A person has to decide; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def registered_patient_id(clinicea: Clinicea, details: PatientDetails, deadline: Deadline) -> str | None:
    """Return the id of the one patient who has this number and this name, or None if nobody has the number.

    Raises:
        CannotDecide: several patients share the number, or it is registered to somebody else.
        CliniceaError: the search did not succeed.
    """
    found = {p.patient_id: p for p in clinicea.search_patient_by_mobile_number(details.mobile, deadline)}
    if not found:
        return None
    if len(found) > 1:
        raise CannotDecide(Reason.SEVERAL_PATIENTS)
    (patient,) = found.values()
    if not _agrees(patient, details):
        raise CannotDecide(Reason.NUMBER_REGISTERED_TO_OTHER)
    return patient.patient_id


def _agrees(patient: Patient, details: PatientDetails) -> bool:
    name = patient.full_name
    if name is None or sorted(name.reveal().casefold().split()) != sorted(folded_name(details).split()):
        return False
    if patient.date_of_birth is None or details.date_of_birth is None:
        return True
    return patient.date_of_birth == details.date_of_birth
