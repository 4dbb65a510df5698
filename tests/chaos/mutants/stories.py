"""Stories that the runs against mutants need and the daily mix does not have."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from tests.chaos.intent import Slot
from tests.chaos.stories import Stories


def namesake(tell: Stories, at: float) -> None:
    """Somebody of the same name, born on another day, is registered with the newcomer's number."""
    person = replace(tell.people.person(tell.people.number()), born=date(1979, 11, 2))
    tell.register(replace(person, born=date(2009, 5, 12)))
    tell.intent(at, tell.diary.slot(), person=person)


def at_once(tell: Stories, at: float) -> None:
    """The same callback comes four times within a few hundredths of a second."""
    intent = tell.intent(at, tell.diary.slot(), patient_id=tell.patient())
    for _ in range(3):
        tell.repeat(intent, at + tell.between(0, 0.04))


def with_history(tell: Stories, at: float) -> None:
    """A patient with appointments, a cancelled one among them."""
    patient_id, slot = tell.patient(), tell.diary.slot()
    for days in (2, 5, 9):
        standing = tell.stand(patient_id, Slot(slot.clinic_id, None, slot.start - timedelta(days=days, minutes=7)))
    tell.cancel(standing)
    tell.intent(at, slot, patient_id=patient_id)


def soon(tell: Stories, at: float) -> None:
    """The appointment is in ten minutes."""
    tell.intent(at, tell.diary.soon(at, 10), patient_id=tell.patient())


def two_wishes(tell: Stories, at: float) -> None:
    """One newcomer wants two appointments on one call, with anybody of one clinic."""
    person, slot = tell.people.person(tell.people.number()), tell.diary.slot(practitioner=False)
    first = tell.intent(at, slot, person=person)
    later = replace(slot, start=slot.start + timedelta(days=1))
    tell.intent(at + 40, later, person=person, call_id=first.calls[0].body["call_id"])


def two_children(tell: Stories, at: float) -> None:
    """Two children of one number, on one call, want one time with anybody of one clinic."""
    child, slot = tell.people.person(tell.people.number()), tell.diary.slot(practitioner=False)
    first = tell.intent(at, slot, person=child)
    tell.intent(at + 40, slot, person=tell.people.relative(child), call_id=first.calls[0].body["call_id"])


def changed_after_a_while(tell: Stories, at: float) -> None:
    """The agent records another slot a quarter of an hour later."""
    patient_id = tell.patient()
    wish = tell.intent(at, tell.diary.slot(), patient_id=patient_id, by_status=True)
    tell.changes(wish, at + 1010, tell.diary.slot(), patient_id=patient_id)


def changed_and_repeated(tell: Stories, at: float) -> None:
    """The agent records another slot while the first waits; then the first callback comes once more."""
    patient_id = tell.patient()
    wish = tell.intent(at, tell.diary.slot(), patient_id=patient_id, by_status=True)
    tell.changes(wish, at + 10, tell.diary.slot(), patient_id=patient_id)
    tell.repeat(wish, at + 20)


def many_of_one_number(tell: Stories, at: float) -> None:
    """Calls at once, through either door, ask for a different appointment of one patient each."""
    patient_id = tell.patient()
    for number in range(4):
        tell.intent(at + tell.between(0, 0.3), tell.diary.slot(), patient_id=patient_id, by_status=number % 2 == 1)
