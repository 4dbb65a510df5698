"""Stories of calls that end with a status callback, and of agents who change their minds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.chaos.stories import Stories

Story = Callable[[Stories, float], None]
MINUTE = 60.0


def ended(tell: Stories, at: float) -> None:
    """The end of a call books for a known patient."""
    tell.intent(at, tell.diary.slot(), patient_id=tell.patient(), by_status=True)


def ended_newcomer(tell: Stories, at: float) -> None:
    tell.intent(at, tell.diary.slot(), person=tell.people.person(tell.people.number()), by_status=True)


def ended_twice(tell: Stories, at: float) -> None:
    """A flow function and the end of the call ask for the same, one after the other or at once."""
    intent = tell.intent(at, tell.diary.slot(), patient_id=tell.patient())
    tell.ends_call(intent, at + tell.between(-1, 30) if at > 1 else at)


def ended_badly(tell: Stories, at: float) -> None:
    """What is sent first cannot be booked; its correction can. Another disposition comes late."""
    intent = tell.intent(at, tell.diary.slot(), patient_id=tell.patient(), by_status=True)
    tell.notes(intent, max(0.0, at - tell.between(1, 60)), clinic_id="")
    tell.notes(intent, at + tell.between(0, 120), disposition="Connected")


def changed(tell: Stories, at: float) -> None:
    """Another slot, perhaps before a worker has claimed the first, perhaps long after; now and then a third one."""
    patient_id = tell.patient()
    wish = tell.intent(at, tell.diary.slot(), patient_id=patient_id, by_status=True)
    for _ in range(1 if tell.between(0, 1) < 0.7 else 2):
        soon = tell.between(0, 1) < 0.6
        at += tell.between(0.02, 0.6) if soon else tell.between(1, 10 * MINUTE)
        wish = tell.changes(wish, at, tell.diary.slot(), patient_id=patient_id)


def changed_person(tell: Stories, at: float) -> None:
    """A newcomer turns out to be somebody on record, or somebody else of the family."""
    person = tell.people.person(tell.people.number())
    wish = tell.intent(at, tell.diary.slot(), person=person, by_status=True)
    later, slot = at + tell.between(0.02, 5), tell.diary.slot()
    if tell.between(0, 1) < 0.5:
        tell.changes(wish, later, slot, patient_id=tell.patient())
    else:
        tell.changes(wish, later, slot, person=replace(tell.people.relative(person), number=tell.people.number()))


def children_on_one_call(tell: Stories, at: float) -> None:
    """Two children, perhaps on one number; then the first one's slot may be corrected."""
    child = tell.people.person(tell.people.number())
    other = tell.people.relative(child)
    if tell.between(0, 1) < 0.5:
        other = replace(other, number=tell.people.number())
    wish = tell.intent(at, tell.diary.slot(), person=child, by_status=True)
    at += tell.between(0.02, 60)
    tell.changes(wish, at, tell.diary.slot(), person=other)
    if tell.between(0, 1) < 0.4:
        tell.changes(wish, at + tell.between(0.02, 60), tell.diary.slot(), person=child)


def returned(tell: Stories, at: float) -> None:
    """The agent takes another slot, and then the first one after all; each says when it was recorded."""
    patient_id, slot, recorded = tell.patient(), tell.diary.slot(), at - 5
    first = tell.intent(at, slot, patient_id=patient_id, by_status=True, recorded_at=recorded)
    at += tell.between(0.02, 2 * MINUTE)
    tell.changes(first, at, tell.diary.slot(), patient_id=patient_id, recorded_at=recorded + 2)
    tell.returns(first, at + tell.between(0.02, 2 * MINUTE), recorded_at=recorded + 4)


def newcomer_returned(tell: Stories, at: float) -> None:
    """A newcomer takes another slot, and perhaps the first one after all, with another text read out each time."""
    person, slot, recorded = tell.people.person(tell.people.number()), tell.diary.slot(), at - 5
    first = tell.intent(at, slot, person=person, by_status=True, recorded_at=recorded)
    at += tell.between(0.02, 1)
    tell.changes(first, at, tell.diary.slot(), person=person, recorded_at=recorded + 2)
    if tell.between(0, 1) < 0.7:
        tell.returns(first, at + tell.between(0.02, 1), recorded_at=recorded + 4)


def changed_after_flow(tell: Stories, at: float) -> None:
    """A flow function has booked; the end of the call confirms it, and then something else."""
    patient_id = tell.patient()
    wish = tell.intent(at, tell.diary.slot(), patient_id=patient_id)
    tell.ends_call(wish, at + tell.between(0, 2))
    tell.changes(wish, at + tell.between(2, 20), tell.diary.slot(), patient_id=patient_id)


def changed_after_refusal(tell: Stories, at: float) -> None:
    """The first slot is somebody else's; the agent takes another."""
    slot, patient_id = tell.diary.slot(), tell.patient()
    tell.stand(tell.patient(), slot)
    wish = tell.intent(at, slot, patient_id=patient_id, by_status=True)
    tell.changes(wish, at + tell.between(0.02, 20 * MINUTE), tell.diary.slot(), patient_id=patient_id)


def transferred(tell: Stories, at: float) -> None:
    """The call is given to another agent, and each one's status comes when it comes.

    The next agent records another slot for the same person, the same one, somebody else, or nothing; the first one may
    correct or repeat afterwards.
    """
    patient_id, slot = tell.patient(), tell.diary.slot()
    first = tell.intent(at, slot, patient_id=patient_id, by_status=True)
    next_agent, later = (
        f"{first.agent_id}-NEXT",
        max(0.0, at + tell.between(-1, 2 if tell.between(0, 1) < 0.6 else 600)),
    )
    what = tell.between(0, 1)
    if what < 0.5:
        other = tell.changes(first, later, tell.diary.slot(), patient_id=patient_id, agent=next_agent)
        if tell.between(0, 1) < 0.3:
            tell.changes(other, later + tell.between(0.02, 60), tell.diary.slot(), patient_id=patient_id)
    elif what < 0.65:
        tell.changes(first, later, slot, patient_id=patient_id, agent=next_agent)
    elif what < 0.85:
        tell.changes(first, later, tell.diary.slot(), patient_id=tell.patient(), agent=next_agent)
    else:
        tell.notes(first, later, agent_id=next_agent, disposition="Connected")
    if tell.between(0, 1) < 0.3:
        tell.changes(first, later + tell.between(0.02, 60), tell.diary.slot(), patient_id=patient_id)
    else:
        tell.repeat(first, later + tell.between(0.02, 60))


def out_of_order(tell: Stories, at: float) -> None:
    """The correction overtakes what it corrects; both say when they were recorded."""
    patient_id, delay = tell.patient(), tell.between(0.02, 60)
    recorded = at - 5
    first = tell.intent(at + delay, tell.diary.slot(), patient_id=patient_id, by_status=True, recorded_at=recorded)
    tell.changes(first, at, tell.diary.slot(), patient_id=patient_id, recorded_at=recorded + tell.between(1, 5))


def exchanged(tell: Stories, at: float) -> None:
    """Two calls of one patient exchange their slots while they wait."""
    patient_id, one, other = tell.patient(), tell.diary.slot(), tell.diary.slot()
    here = tell.intent(at, one, patient_id=patient_id, by_status=True)
    there = tell.intent(at + tell.between(0, 0.2), other, patient_id=patient_id, by_status=True)
    tell.changes(here, at + tell.between(0.2, 2), other, patient_id=patient_id)
    tell.changes(there, at + tell.between(0.2, 2), one, patient_id=patient_id)


def changed_while_it_waits(tell: Stories, at: float) -> None:
    """The second callback comes while the first, or the worker, is at work."""
    patient_id = tell.patient()
    wish = tell.intent(at, tell.diary.slot(), patient_id=patient_id, by_status=True)
    tell.changes(wish, at + 0.15, tell.diary.slot(), patient_id=patient_id)


def changed_once_it_stands(tell: Stories, at: float) -> None:
    patient_id = tell.patient()
    wish = tell.intent(at, tell.diary.slot(), patient_id=patient_id, by_status=True)
    tell.changes(wish, at + 10, tell.diary.slot(), patient_id=patient_id)


STATUS_STORIES: dict[Story, float] = {
    ended: 10,
    ended_newcomer: 4,
    ended_twice: 2,
    ended_badly: 1,
    changed: 4,
    changed_person: 1,
    changed_after_flow: 1,
    changed_after_refusal: 1,
    children_on_one_call: 1,
    returned: 1,
    out_of_order: 1,
    exchanged: 0.5,
    transferred: 1,
}
