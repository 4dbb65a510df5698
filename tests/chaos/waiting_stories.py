"""Stories of one patient with several bookings, of which one may wait for another."""

from __future__ import annotations

from collections.abc import Callable

from tests.chaos.stories import Stories

MINUTE, HOUR = 60.0, 3600.0


def one_in_doubt(tell: Stories, at: float) -> None:
    """An appointment; an hour later the same once more, for the patient heard nothing; and another one, soon."""
    patient_id, slot = tell.patient(), tell.diary.slot()
    tell.intent(at, slot, patient_id=patient_id)
    tell.intent(at + HOUR, slot, patient_id=patient_id)
    for minutes in (75, 95):
        later = at + HOUR + tell.between(60, 180)
        tell.intent(later, tell.diary.soon(later, minutes), patient_id=patient_id)


def two_at_once(tell: Stories, at: float) -> None:
    """Two appointments of one patient, on different days."""
    patient_id = tell.patient()
    tell.intent(at, tell.diary.slot(), patient_id=patient_id)
    tell.intent(at + 2, tell.diary.slot(), patient_id=patient_id)


def newcomer_in_doubt(tell: Stories, at: float) -> None:
    """A newcomer's first appointment, and an hour later another one, soon."""
    person = tell.people.person(tell.people.number())
    tell.intent(at, tell.diary.slot(), person=person)
    later = at + HOUR + tell.between(60, 180)
    tell.intent(later, tell.diary.soon(later, 75), person=person)


def same_soon(tell: Stories, at: float) -> None:
    """Two calls want the same appointment, and it is soon."""
    patient_id = tell.patient()
    slot = tell.diary.soon(at, tell.between(60, 180))
    tell.intent(at, slot, patient_id=patient_id)
    tell.intent(at + tell.between(0, 20 * MINUTE), slot, patient_id=patient_id)


WAITING_STORIES: dict[Callable[[Stories, float], None], float] = {
    one_in_doubt: 0.5,
    newcomer_in_doubt: 0.3,
    same_soon: 0.5,
}
