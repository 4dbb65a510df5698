"""The completed appointments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from convox_clinicea.convox.replies.answer import SUCCESS, revealed, written
from convox_clinicea.patients.completed import CompletedAppointment

if TYPE_CHECKING:  # the shapes are for the type checker and for docs/openapi.json; a cold start needs none
    from convox_clinicea.convox import answers


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
