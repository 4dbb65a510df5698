"""Stories of agents who book at the desk: now, at the call's end, and by the status callback as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.chaos.desk_teller import AT_CALL_END, DRAFT, ENQUIRY, NOW, DeskTeller, Line
from tests.chaos.intent import Intent
from tests.chaos.world import World

DeskStory = Callable[[DeskTeller, float], None]
MINUTE = 60.0
SPEAKS = (8.0, 60.0)
"""Seconds from the pop-up until the agent books."""


def booked_now(tell: DeskTeller, at: float) -> None:
    line = tell.line(at)
    at += tell.between(*SPEAKS)
    wish = tell.wish(line, tell.diary.slot(), (at, NOW), **_somebody(tell, line))
    _ends(tell, wish, at)


def kept(tell: DeskTeller, at: float) -> None:
    """The call's end is told by its status callback, or by nobody."""
    line = tell.line(at)
    at += tell.between(*SPEAKS)
    wish = tell.wish(line, tell.diary.slot(), (at, AT_CALL_END), **_somebody(tell, line))
    _ends(tell, wish, at)


def kept_then_bare(tell: DeskTeller, at: float) -> None:
    """The status callback names an appointment and none of its fields."""
    line = tell.line(at)
    at += tell.between(*SPEAKS)
    wish = tell.wish(line, tell.diary.slot(), (at, AT_CALL_END), **_somebody(tell, line))
    tell.ends_bare(wish, at + tell.between(5, 120))


def all_three(tell: DeskTeller, at: float) -> None:
    """Now, at the call's end and by the status callback, in any order; some of them twice."""
    line = tell.line(at)
    at += tell.between(*SPEAKS)
    moments = [at + tell.between(0, 1 if tell.happens(0.4) else 90) for _ in range(3)]
    wish = tell.wish(line, tell.diary.slot(), (moments[0], NOW), (moments[1], AT_CALL_END), **_somebody(tell, line))
    tell.tells(wish, moments[2])
    if tell.happens(0.5):
        tell.presses(wish, at + tell.between(0, 20 * MINUTE), tell.one_of(NOW, AT_CALL_END))
    if tell.happens(0.5):
        tell.tells(wish, at + tell.between(0, 20 * MINUTE))


def at_one_instant(tell: DeskTeller, at: float) -> None:
    """Desk and status callback within hundredths of a second."""
    line = tell.line(at)
    at += tell.between(*SPEAKS)
    wish = tell.wish(line, tell.diary.slot(), (at, tell.one_of(NOW, AT_CALL_END)), **_somebody(tell, line))
    for _ in range(tell.one_of(1, 2)):
        tell.tells(wish, at + tell.between(0, 1.5))
    if tell.happens(0.4):
        tell.presses(wish, at + tell.between(0, 0.05), tell.one_of(NOW, AT_CALL_END))


def corrected(tell: DeskTeller, at: float) -> None:
    """Another time for the same person, at the desk, perhaps when the first is being made; perhaps the first again."""
    line = tell.line(at)
    at += tell.between(*SPEAKS)
    who = _somebody(tell, line)
    first = tell.wish(line, tell.diary.slot(), (at, tell.one_of(AT_CALL_END, AT_CALL_END, NOW)), **who)
    later = at + (tell.between(0.1, 2) if tell.happens(0.4) else tell.between(2, 20 * MINUTE))
    second = tell.wish(line, tell.diary.slot(), (later, tell.one_of(AT_CALL_END, NOW)), beside=first, **who)
    if tell.happens(0.2):
        tell.presses(first, later + tell.between(2, 60), tell.one_of(AT_CALL_END, NOW))
    _ends(tell, tell.one_of(first, second), tell.one_of(at, later))


def corrected_by_callback(tell: DeskTeller, at: float) -> None:
    """The status callback has another time than the desk, before or after it."""
    line = tell.line(at)
    at += tell.between(*SPEAKS)
    who = _somebody(tell, line)
    first = tell.wish(line, tell.diary.slot(), (at, tell.one_of(AT_CALL_END, NOW)), **who)
    other = tell.wish(line, tell.diary.slot(), (at, DRAFT), beside=first, **who)
    tell.tells(other, at + tell.between(-5, 5) if tell.happens(0.5) else at + tell.between(5, 20 * MINUTE))
    if tell.happens(0.3):
        tell.tells(first, at + tell.between(0, 20 * MINUTE))


def two_tabs(tell: DeskTeller, at: float) -> None:
    """Two forms of one call, with two times, at one instant."""
    line = tell.line(at)
    at += tell.between(*SPEAKS)
    who = _somebody(tell, line)
    first = tell.wish(line, tell.diary.slot(), (at, tell.one_of(AT_CALL_END, NOW)), **who)
    at += tell.between(0, 0.1)
    tell.wish(line, tell.diary.slot(), (at, tell.one_of(AT_CALL_END, NOW)), beside=first, **who)
    _ends(tell, first, at)


def family(tell: DeskTeller, at: float) -> None:
    """Two newcomers of one number on one call."""
    line = tell.line(at)
    at += tell.between(*SPEAKS)
    person = tell.people.person(line.number)
    first = tell.wish(line, tell.diary.slot(), (at, tell.one_of(AT_CALL_END, NOW)), person=person)
    other = tell.people.relative(person)
    tell.wish(line, tell.diary.slot(), (at + tell.between(5, 60), tell.one_of(AT_CALL_END, NOW)), person=other)
    _ends(tell, first, at + 60)


def transferred(tell: DeskTeller, at: float) -> None:
    """The next agent books the same, another time, or nothing; each one's status callback comes when it comes."""
    line = tell.line(at)
    at += tell.between(*SPEAKS)
    who = _somebody(tell, line)
    first = tell.wish(line, tell.diary.slot(), (at, tell.one_of(AT_CALL_END, AT_CALL_END, NOW)), **who)
    _ends(tell, first, at)
    at += tell.between(1, 30)
    there = tell.transfers(line, at)
    at += tell.between(*SPEAKS)
    slot = first.slot if tell.happens(0.4) else tell.diary.slot()
    second = tell.wish(there, slot, (at, tell.one_of(AT_CALL_END, NOW, DRAFT)), beside=first, **who)
    _ends(tell, second, at)


def no_consent(tell: DeskTeller, at: float) -> None:
    """A newcomer refuses to be registered; some agree after all."""
    line = tell.line(at)
    at += tell.between(*SPEAKS)
    what = tell.one_of(AT_CALL_END, NOW)
    person = tell.people.person(line.number)
    wish = tell.wish(line, tell.diary.slot(), (at, what), person=person, agreed=False)
    if tell.happens(0.4):
        tell.consents(wish, at + tell.between(5, 60), what)
    tell.ends_bare(wish, at + tell.between(60, 300), ENQUIRY)


def given_up(tell: DeskTeller, at: float) -> None:
    """A form is begun, kept as a draft and never sent."""
    line = tell.line(at)
    at += tell.between(*SPEAKS)
    wish = tell.wish(line, tell.diary.slot(), (at, DRAFT), agreed=False, **_somebody(tell, line, known=True))
    if tell.happens(0.7):
        tell.ends_bare(wish, at + tell.between(1, 120), ENQUIRY)


def soon(tell: DeskTeller, at: float) -> None:
    """It starts too soon to wait for the call's end, or just not."""
    line = tell.line(at)
    at += tell.between(*SPEAKS)
    slot = tell.diary.soon(at, tell.between(30, 90))
    wish = tell.wish(line, slot, (at, AT_CALL_END), **_somebody(tell, line))
    _ends(tell, wish, at)


def by_hand(tell: DeskTeller, at: float) -> None:
    """No pop-up, no status callback: the agent types the number."""
    line = tell.line(at, by_hand=True)
    tell.wish(line, tell.diary.slot(), (at, tell.one_of(AT_CALL_END, NOW)), **_somebody(tell, line))


def taken(tell: DeskTeller, at: float) -> None:
    """The time is another customer's; once that is told, the agent books another one."""
    line, slot = tell.line(at), tell.diary.slot()
    tell.stand(tell.patient(), slot)
    at += tell.between(*SPEAKS)
    who = _somebody(tell, line)
    first = tell.wish(line, slot, (at, tell.one_of(AT_CALL_END, NOW)), **who)
    _ends(tell, first, at)
    later = at + tell.between(5 * MINUTE, 30 * MINUTE)
    tell.wish(line, tell.diary.slot(), (later, NOW), beside=first, **who)


DESK_STORIES: Mapping[DeskStory, float] = {
    booked_now: 8,
    kept: 8,
    kept_then_bare: 2,
    all_three: 6,
    at_one_instant: 3,
    corrected: 5,
    corrected_by_callback: 3,
    two_tabs: 2,
    family: 1,
    transferred: 3,
    no_consent: 2,
    given_up: 1,
    soon: 1,
    by_hand: 1,
    taken: 1,
}


def tell_desk(world: World, wishes: int, seconds: float, told: Mapping[DeskStory, float], first_tag: int) -> DeskTeller:
    """Plan so many wishes at the desk over a span of time."""
    tell = DeskTeller(world, world.chance("stories at the desk"), first_tag=first_tag)
    chance = world.chance("choice of stories at the desk")
    kinds, weights = [*told], [*told.values()]
    while len(tell.intents) < wishes:
        (story,) = chance.choices(kinds, weights)
        before = len(tell.intents)
        story(tell, chance.uniform(0, seconds))
        for intent in tell.intents[before:]:
            intent.story = f"desk: {story.__name__}"
    return tell


def _somebody(tell: DeskTeller, line: Line, *, known: bool | None = None) -> dict[str, Any]:
    """Return the caller as a wish has it: a patient, or a newcomer."""
    if tell.happens(0.6) if known is None else known:
        return {"patient_id": tell.caller(line)}
    return {"person": tell.people.person(line.number)}


def _ends(tell: DeskTeller, wish: Intent, at: float) -> None:
    """Have the call's end told: by nobody, without an appointment, bare, or with the wish; perhaps twice, or early."""
    how = tell.one_of("not at all", "enquiry", "bare", "wish", "wish")
    if how == "not at all":
        return
    for _ in range(2 if tell.happens(0.2) else 1):
        later = at + (tell.between(-10, 5) if tell.happens(0.2) else tell.between(5, 10 * MINUTE))
        if how == "wish":
            tell.tells(wish, later)
        else:
            tell.ends_bare(wish, later, ENQUIRY if how == "enquiry" else "Appointment Booked")
