"""The stories themselves, and how often each is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from tests.chaos.clinicea_faults import OF_POSTS
from tests.chaos.intent import Intent, Slot
from tests.chaos.status_stories import STATUS_STORIES
from tests.chaos.stories import Stories
from tests.chaos.waiting_stories import WAITING_STORIES
from tests.chaos.world import World

Story = Callable[[Stories, float], None]
MINUTE, HOUR = 60.0, 3600.0


def known(tell: Stories, at: float) -> None:
    tell.intent(at, tell.diary.slot(), patient_id=tell.patient())


def anybody(tell: Stories, at: float) -> None:
    """No practitioner is named."""
    tell.intent(at, tell.diary.slot(practitioner=False), patient_id=tell.patient())


def two_calls(tell: Stories, at: float) -> None:
    """Two calls want the same appointment."""
    patient_id, slot = tell.patient(), tell.diary.slot()
    tell.intent(at, slot, patient_id=patient_id)
    tell.intent(at + tell.between(0, 120), slot, patient_id=patient_id)


def two_near(tell: Stories, at: float) -> None:
    """One patient, two appointments within a day."""
    patient_id, slot = tell.patient(), tell.diary.slot()
    tell.intent(at, slot, patient_id=patient_id)
    tell.intent(at + tell.between(0, 120), tell.diary.beside(slot), patient_id=patient_id)


def corrected(tell: Stories, at: float) -> None:
    """The same booking with other content."""
    intent = tell.intent(at, tell.diary.slot(), patient_id=tell.patient())
    tell.repeat(intent, at + tell.between(1, 60), duration_minutes=45)


def long_history(tell: Stories, at: float) -> None:
    """More appointments than fit on one page."""
    patient_id, slot = tell.patient(), tell.diary.slot()
    for days in range(2, 124):
        tell.stand(patient_id, Slot(slot.clinic_id, None, slot.start - timedelta(days=days, minutes=7)))
    tell.intent(at, slot, patient_id=patient_id)


def already_there(tell: Stories, at: float) -> None:
    patient_id, slot = tell.patient(), tell.diary.slot()
    tell.stand(patient_id, slot)
    tell.intent(at, slot, patient_id=patient_id)


def slot_taken(tell: Stories, at: float) -> None:
    slot = tell.diary.slot()
    tell.stand(tell.patient(), slot)
    tell.intent(at, slot, patient_id=tell.patient())


def slot_freed(tell: Stories, at: float) -> None:
    """The other customer cancels; when the callback comes once more, the slot is free."""
    slot = tell.diary.slot()
    taken = tell.stand(tell.patient(), slot)
    intent = tell.intent(at, slot, patient_id=tell.patient())
    free_at = at + tell.between(10 * MINUTE, 40 * MINUTE)
    tell.by_hand(free_at, lambda: tell.cancel(taken))
    tell.repeat(intent, free_at + tell.between(1 * MINUTE, 30 * MINUTE))


def slot_race(tell: Stories, at: float) -> None:
    """Another customer takes the slot at about the same time."""
    slot = tell.diary.slot()
    tell.intent(at, slot, patient_id=tell.patient())
    tell.by_hand(at + tell.between(0, 20), lambda: tell.take(slot))


def unknown_patient(tell: Stories, at: float) -> None:
    tell.intent(at, tell.diary.slot(), patient_id=f"P-nobody-{len(tell.intents)}")


def unknown_clinic(tell: Stories, at: float) -> None:
    slot = tell.diary.slot()
    tell.intent(at, Slot("C-99", None, slot.start), patient_id=tell.patient())


def very_soon(tell: Stories, at: float) -> None:
    """The appointment is in a few minutes."""
    tell.intent(at, tell.diary.soon(at, tell.between(3, 15)), patient_id=tell.patient())


def late_repeat(tell: Stories, at: float) -> None:
    """The callback comes once more when the appointment is over."""
    intent = tell.intent(at, tell.diary.soon(at, tell.between(60, 90)), patient_id=tell.patient())
    tell.repeat(intent, at + 2 * HOUR)


def newcomer(tell: Stories, at: float) -> None:
    tell.intent(at, tell.diary.slot(), person=tell.people.person(tell.people.number()))


def newcomer_taken(tell: Stories, at: float) -> None:
    slot = tell.diary.slot()
    tell.stand(tell.patient(), slot)
    tell.intent(at, slot, person=tell.people.person(tell.people.number()))


def newcomer_twice(tell: Stories, at: float) -> None:
    """Two calls want the same first appointment of the same newcomer."""
    person, slot = tell.people.person(tell.people.number()), tell.diary.slot()
    tell.intent(at, slot, person=person)
    tell.intent(at + tell.between(0, 120), slot, person=person)


def newcomer_older(tell: Stories, at: float) -> None:
    """Two calls of the same newcomer at the same time; only one of them tells the birth date."""
    person = tell.people.person(tell.people.number())
    tell.intent(at, tell.diary.slot(), person=replace(person, born=date(1979, 11, 2)))
    tell.intent(at + tell.between(0, 3), tell.diary.slot(), person=replace(person, born=None))


def newcomer_and_known(tell: Stories, at: float) -> None:
    """One call takes somebody for a newcomer whom another finds in the records; both want the same appointment."""
    person, slot = tell.people.person(tell.people.number()), tell.diary.slot()
    patient_id = tell.register(person)
    tell.intent(at, slot, person=person)
    tell.intent(at + tell.between(0, 3), slot, patient_id=patient_id)


def crowd(tell: Stories, at: float) -> None:
    """Several calls at once take the same person for a newcomer and for a patient, who is being registered by hand."""
    person, slot = tell.people.person(tell.people.number()), tell.diary.slot()
    patient_id = f"P-crowd-{len(tell.intents)}"
    registered_at = max(0.0, at + tell.between(-20, 60))
    tell.by_hand(registered_at, lambda: tell.register(person, patient_id))
    for _ in range(2):
        born = person.born if tell.between(0, 1) < 0.5 else None
        wanted = slot if tell.between(0, 1) < 0.6 else tell.diary.slot()
        tell.intent(at + tell.between(0, 5), wanted, person=replace(person, born=born))
        tell.intent(registered_at + tell.between(0.1, 30), wanted, patient_id=patient_id)


def newcomer_two_slots(tell: Stories, at: float) -> None:
    """One newcomer, two appointments."""
    person = tell.people.person(tell.people.number())
    tell.intent(at, tell.diary.slot(), person=person)
    tell.intent(at + tell.between(0, 120), tell.diary.slot(), person=person)


def children(tell: Stories, at: float) -> None:
    """Two children on one number, in one call or in two, at one time or at two."""
    child = tell.people.person(tell.people.number())
    slot = tell.diary.slot()
    first = tell.intent(at, slot, person=child)
    call_id = first.calls[0].body["call_id"] if tell.between(0, 1) < 0.5 else ""
    other = tell.diary.slot()
    same_time = Slot(other.clinic_id, other.practitioner_id, slot.start) if tell.between(0, 1) < 0.3 else other
    tell.intent(at + tell.between(0, 90), same_time, person=tell.people.relative(child), call_id=call_id)


def registered_meanwhile(tell: Stories, at: float) -> None:
    """Somebody at the clinic registers the same person by hand."""
    person = tell.people.person(tell.people.number())
    tell.intent(at, tell.diary.slot(), person=person)
    tell.by_hand(max(0.0, at + tell.between(-30, 60)), lambda: tell.register(person))


def registered_to_other(tell: Stories, at: float) -> None:
    person = tell.people.person(tell.people.number())
    tell.intent(at, tell.diary.slot(), person=person)
    tell.by_hand(max(0.0, at + tell.between(-30, 60)), lambda: tell.register(tell.people.relative(person)))


def clocks_change(tell: Stories, at: float) -> None:
    """The appointment is a few hours after the clinic's clocks go on or back, before its doors open."""
    tell.intent(at, tell.diary.day_of_change(), patient_id=tell.patient())


def first_in_doubt(tell: Stories, at: float) -> None:
    """Three appointments of one patient and more; what became of the first can only be found out by a person."""
    patient_id, slot = tell.patient(), tell.diary.slot()
    first = tell.intent(at, slot, patient_id=patient_id)
    tell.destines(first, tell.chosen(OF_POSTS["rounded"][1], OF_POSTS["bare_rounded"][1], OF_POSTS["shifted"][1]))
    tell.intent(at + tell.between(60, 20 * MINUTE), slot, patient_id=patient_id)
    for _ in range(1 if tell.between(0, 1) < 0.5 else 3):
        soon = tell.between(0, 1) < 0.3
        at += tell.between(60, 10 * MINUTE)
        wanted = tell.diary.soon(at, tell.between(60, 90)) if soon else tell.diary.slot()
        tell.intent(at, wanted, patient_id=patient_id)


def erased(tell: Stories, at: float) -> None:
    """The person has what is held on them erased; the callback comes once more afterwards."""
    known_one = tell.between(0, 1) < 0.5
    who: dict[str, Any] = {"patient_id": tell.patient()} if known_one else {}
    if not known_one:
        who["person"] = tell.people.person(tell.people.number())
    intent = tell.intent(at, tell.diary.slot(), **who)
    asked_at = at + tell.between(0.1, 5 if tell.between(0, 1) < 0.5 else 30 * MINUTE)
    tell.erases(intent, asked_at)
    tell.repeat(intent, asked_at + tell.between(10, 10 * MINUTE))


STORIES: dict[Story, float] = {
    known: 42,
    anybody: 5,
    two_calls: 3,
    two_near: 1.5,
    corrected: 4,
    long_history: 0.3,
    already_there: 2,
    slot_taken: 3,
    slot_race: 4,
    slot_freed: 1,
    unknown_patient: 1,
    unknown_clinic: 1,
    very_soon: 0.5,
    late_repeat: 1,
    newcomer: 15,
    newcomer_taken: 1,
    newcomer_twice: 2,
    newcomer_and_known: 1,
    newcomer_older: 1,
    crowd: 0.7,
    newcomer_two_slots: 2,
    children: 0.7,
    registered_meanwhile: 1.5,
    registered_to_other: 0.5,
    first_in_doubt: 0.4,
    clocks_change: 0.5,
    erased: 0.15,
    **STATUS_STORIES,
    **WAITING_STORIES,
}


def one(world: World, story: Story) -> list[Intent]:
    """Plan one story, at once and without ConVox's repeats."""
    stories = Stories(world, world.chance("stories"), repeats=False)
    story(stories, 1.0)
    return stories.intents


def tell(world: World, bookings: int, seconds: float, told: Mapping[Story, float]) -> list[Intent]:
    """Plan so many intents over a span of time."""
    chance = world.chance("stories")
    stories = Stories(world, chance)
    kinds, weights = [*told], [*told.values()]
    while len(stories.intents) < bookings:
        (story,) = chance.choices(kinds, weights)
        before = len(stories.intents)
        story(stories, chance.uniform(0, seconds))
        for intent in stories.intents[before:]:
            intent.story = story.__name__
    return stories.intents[:bookings]
