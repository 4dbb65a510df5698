"""The look: does the wanted appointment stand in the patient's calendar?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.clinicea import Appointment, Status

WINDOW = timedelta(hours=26)
"""How far a rounded start or a shifted time zone can move an appointment: a day, and a little."""


@dataclass(frozen=True)
class Look:
    """What one complete reading of the patient's appointments showed.

    Attributes:
        agreeing: ids of standing appointments at the wanted start (and practitioner, where both are known).
        others: ids of further standing appointments so near the wanted start that one of them may be the
            wanted one, moved by Clinicea.
    """

    agreeing: tuple[str, ...]
    others: tuple[str, ...]

    def unseen(self, seen: Iterable[str]) -> Look:
        """Return what this look shows beyond the ids seen before."""
        known = frozenset(seen)
        return Look(tuple(i for i in self.agreeing if i not in known), tuple(i for i in self.others if i not in known))

    @property
    def ids(self) -> tuple[str, ...]:
        return self.agreeing + self.others


def look(appointments: Iterable[Appointment], patient_id: str, wanted: BookingRequest) -> Look:
    """Sort the patient's standing appointments round the wanted start."""
    agreeing: list[str] = []
    others: list[str] = []
    for appointment in appointments:
        if appointment.status is Status.CANCELLED or appointment.patient_id not in (None, patient_id):
            continue
        if _agrees(appointment, wanted):
            agreeing.append(appointment.appointment_id)
        elif appointment.start is None or abs(appointment.start - wanted.start) <= WINDOW:
            others.append(appointment.appointment_id)
    return Look(tuple(agreeing), tuple(others))


def _agrees(appointment: Appointment, wanted: BookingRequest) -> bool:
    if appointment.start is None or appointment.start != wanted.start:
        return False
    if appointment.practitioner_id is None or wanted.practitioner_id is None:
        return True
    return appointment.practitioner_id == wanted.practitioner_id
