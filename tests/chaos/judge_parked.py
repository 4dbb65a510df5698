"""The judge of what is parked: was it the truth, or the weather, that left it to a person?"""

from __future__ import annotations

from datetime import timedelta

from tests.chaos.clinicea import SimulatedClinicea
from tests.chaos.clock import moment
from tests.chaos.deployments import Window
from tests.chaos.intent import Intent
from tests.chaos.truth import patients_meant, touched_of

SOON = timedelta(hours=2)
"""An appointment so soon may be over before the weather is."""


def behind(clinicea: SimulatedClinicea, intent: Intent, other: Intent) -> bool:
    """Whether the intent may have to wait for the other: same start of a patient, or same number."""
    if other is intent:
        return False
    if intent.person is not None and other.person is not None and intent.person.number == other.person.number:
        return True
    whom, others = ({each.patient_id for each in patients_meant(clinicea, wish)} for wish in (intent, other))
    return intent.slot.start == other.slot.start and bool(whom & others)


def only_a_person(
    clinicea: SimulatedClinicea, intent: Intent, reason: str | None, parked: float, unread: Window | None
) -> bool:
    """Whether the truth, not the weather, keeps the booking from ending by itself.

    Args:
        parked: when the booking's record was last written, in seconds of the run.
        unread: when the connector could not read back, so that whatever was in doubt then is a person's.
    """
    if reason in ("changed_after_booking", "maybe_same_person") or touched_of(clinicea, intent, any_start=True):
        return True
    if reason == "outcome_unknown" and unread is not None and unread.concerns(parked):
        return True
    for patient in patients_meant(clinicea, intent):
        for each in clinicea.calendar.appointments_of(patient.patient_id):
            if clinicea.moved.get(each.appointment_id) == intent.slot.start:
                return True  # Clinicea put it, or another call's, elsewhere
    if reason == "too_late":
        asked_at = moment(intent.calls[0].at).astimezone(clinicea.account.zone).replace(tzinfo=None)
        return intent.slot.start < asked_at + SOON
    if intent.person is None:
        return False
    number = intent.person.number
    sharing = clinicea.calendar.patients_with_mobile(number.national, number.country_code)
    return len(sharing) > 1 or any(not intent.is_right(each) for each in sharing)
