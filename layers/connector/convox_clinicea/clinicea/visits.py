"""Appointments in a list: whose they are, which are over, and their order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from convox_clinicea.clinicea.models import Appointment, Status
from convox_clinicea.normalization import same_id


def may_be_of(patient_id: str, appointment: Appointment) -> bool:
    """Whether an appointment of that patient's list is theirs: it names them, or nobody."""
    return appointment.patient_id is None or same_id(appointment.patient_id, patient_id)


def is_unclear_visit(appointment: Appointment, now: datetime) -> bool:
    """Whether it may be a visit that is over, and has a status that only a person can judge."""
    return appointment.status is Status.UNCLEAR and (appointment.start is None or appointment.start < now)


def newest_first(appointments: Iterable[Appointment]) -> list[Appointment]:
    """Return appointments by their starts, those without one last."""
    return sorted(appointments, key=lambda each: each.start.timestamp() if each.start else 0.0, reverse=True)
