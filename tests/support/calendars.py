"""A calendar that lists given appointments, as a booking reads it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from convox_clinicea.bookings.calendar import Calendar, CalendarSnapshot
from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.clinicea import Appointment
from convox_clinicea.deadline import Deadline
from tests.support.clock import VirtualClock


def read(request: BookingRequest, *appointments: Appointment, patient_id: str = "P-41") -> CalendarSnapshot:
    """What a booking is shown where Clinicea lists these appointments of the patient."""
    clinicea: Any = SimpleNamespace(appointments_by_patient=lambda _patient_id, _deadline: appointments)
    ledger: Any = None  # a reading writes nothing
    return Calendar(clinicea, ledger).read(patient_id, request, Deadline.after(VirtualClock(), 1))
