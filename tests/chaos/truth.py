"""What stands in the calendar for an intent, whatever the connector thinks of it."""

from __future__ import annotations

from local.clinicea.records import Patient
from tests.chaos.clinicea import SimulatedClinicea
from tests.chaos.intent import Intent
from tests.chaos.made import Made


def patients_meant(clinicea: SimulatedClinicea, intent: Intent) -> list[Patient]:
    """Return the patients for whom an appointment would be right."""
    store = clinicea.calendar
    if intent.person is None:
        found = store.patients.get(intent.patient_id or "")
        return [] if found is None else [found]
    number = intent.person.number
    return [each for each in store.patients_with_mobile(number.national, number.country_code) if intent.is_right(each)]


def standing_for(clinicea: SimulatedClinicea, intent: Intent) -> list[str]:
    """Return the ids of what stands for a right patient at the right start, or where Clinicea moved it to."""
    found = []
    for patient in patients_meant(clinicea, intent):
        for each in clinicea.calendar.appointments_of(patient.patient_id):
            start = clinicea.moved.get(each.appointment_id, each.start)
            if start == intent.slot.start and not each.cancelled:
                found.append(each.appointment_id)
    return found


def touched_of(clinicea: SimulatedClinicea, intent: Intent, *, any_start: bool = False) -> list[Made]:
    """Return what we made for a right patient at the right start, and the clinic's staff has touched since.

    Args:
        any_start: all that they touched of such a patient's.
    """
    ids = {patient.patient_id for patient in patients_meant(clinicea, intent)}
    touched = (made for patient_id in sorted(ids) for made in clinicea.made.of_patient(patient_id) if made.touch)
    return [made for made in touched if any_start or made.asked == intent.slot.start]
