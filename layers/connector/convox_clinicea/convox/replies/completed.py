"""The completed appointments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from convox_clinicea.convox.replies.answer import SUCCESS, revealed, written
from convox_clinicea.patients.completed import CompletedAppointment

if TYPE_CHECKING:  # the shapes are for the type checker and for docs/openapi.json; a cold start needs none
    from convox_clinicea.convox import answers


def completed(appointments: Sequence[CompletedAppointment]) -> answers.Completed:
    count = len(appointments)
    return {
        "status": SUCCESS,
        "message": "No completed appointments." if not count else f"{count} completed appointment{'s' * (count > 1)}.",
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
        "clinic": {
            "clinic_id": appointment.clinic_id,
            "name": completed.clinic_name,
            "address": completed.clinic_address,
        },
    }
