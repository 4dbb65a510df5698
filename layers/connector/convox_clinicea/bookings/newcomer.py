"""Is the new patient registered by now? Asked before anyone is created, and after every doubtful creation."""

from __future__ import annotations

from convox_clinicea.bookings.request import PatientDetails
from convox_clinicea.bookings.states import Reason
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.models import Patient
from convox_clinicea.clinicea.registered import registered_with
from convox_clinicea.deadline import Deadline
from convox_clinicea.errors import ConnectorError
from convox_clinicea.normalization import normalized_name


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
    found = registered_with(clinicea.search_patient_by_mobile_number(details.mobile, deadline), details.mobile)
    if not found:
        return None
    if len(found) > 1:
        raise CannotDecide(Reason.SEVERAL_PATIENTS)
    (patient,) = found
    if not _agrees(patient, details):
        raise CannotDecide(Reason.NUMBER_REGISTERED_TO_OTHER)
    return patient.patient_id


def _agrees(patient: Patient, details: PatientDetails) -> bool:
    told = _words(" ".join(part.reveal() for part in (details.first_name, details.last_name) if part))
    if told not in [_words(name.reveal()) for name in patient.names]:
        return False
    if patient.date_of_birth is None or details.date_of_birth is None:
        return True
    return patient.date_of_birth == details.date_of_birth


def _words(name: str) -> list[str]:
    """The words of a name in no order, since family names come first or last."""
    return sorted(normalized_name(name).split())
