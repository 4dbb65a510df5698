"""A patient's last visits: completed appointments, with the clinic's address."""

from __future__ import annotations

from dataclasses import dataclass

from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.models import Appointment, Status
from convox_clinicea.clinicea.visits import newest_first
from convox_clinicea.clinics import Clinics
from convox_clinicea.deadline import Deadline
from convox_clinicea.normalization import each_once

LAST_VISITS = 10
"""How many an agent sees who asks for no number."""


@dataclass(frozen=True)
class CompletedAppointment:
    """One past visit and where it took place."""

    appointment: Appointment
    clinic_name: str | None
    clinic_address: str | None

    @property
    def completed(self) -> bool | None:
        """Whether Clinicea says that the visit took place; None if its status says neither."""
        if self.appointment.status is Status.CHECKED_OUT:
            return True
        return False if self.appointment.status is Status.STANDING else None


class CompletedAppointments:
    """The service behind `past_appointments`."""

    def __init__(self, clinicea: Clinicea, clinics: Clinics) -> None:
        self._clinicea = clinicea
        self._clinics = clinics

    def of(self, patient_id: str, limit: int, deadline: Deadline) -> list[CompletedAppointment]:
        """Return the patient's last `limit` completed appointments, newest first; none for an unknown patient.

        Past ones that nobody set to `Check Out` are among them where the call table says so (`show_unfinished`).
        Clinicea's screen shows the clinic's address [doc]; whether the call returns it is not published, so the
        deployment's clinics document fills in what the answer lacks. Raises a leaf of `clinicea.errors`.
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
