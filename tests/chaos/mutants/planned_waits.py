"""Checks of one booking each, in which everything is planned: waiting, the queue, and a person's word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from tests.chaos import story_book
from tests.chaos.clinicea_faults import rule
from tests.chaos.mutants import stories
from tests.chaos.mutants.happenings import (
    LATE,
    answered,
    clinicea_goes,
    long_on_its_way,
    loses_messages,
    names_it,
    past,
    person_says,
    queue_comes_back,
    queue_goes,
    rounded_without_an_answer,
    sweeps,
    wears_out,
)
from tests.chaos.mutants.scenes import Event, FreezeOnce, Scene, redelivered


def frozen_at_intake() -> Iterator[list[str]]:
    """A function freezes before it stores what a repeated request has stored, and a worker has posted, meanwhile."""
    late = rule("late commit", "late_commit", seconds=60.0, reset=True)
    freeze = FreezeOnce("dynamodb.put_item >", 0.0, 4.0, function="book_appointment")
    yield Scene(stories.at_once, {"POST": [late]}, freeze=freeze).played()


def rests() -> Iterator[list[str]]:
    """Clinicea asks for a pause; the booking is to be made soon after."""
    yield Scene(story_book.known, {"POST": [answered(429)]}, longest=900.0, by_itself=True).played()


def outage() -> Iterator[list[str]]:
    """Clinicea is away for four hours, and then everything has to come right by itself."""
    yield Scene(story_book.known, away_until=4 * 3600.0, longest=6 * 3600.0, by_itself=True).played()


def long_outage() -> Iterator[list[str]]:
    """Clinicea is away for longer than the age limit."""
    yield Scene(story_book.known, away_until=20 * 3600.0, longest=16 * 3600.0).played()


def lost_message() -> Iterator[list[str]]:
    """A message is gone; the sweeper sends the booking anew."""
    scene = Scene(story_book.known, away_until=60.0, at={20.0: loses_messages}, by_itself=True)
    yield scene.played()


def queue_away_at_intake() -> Iterator[list[str]]:
    """SQS takes nothing for ten seconds; the booking is to be made soon after."""
    yield Scene(story_book.known, at={0.5: queue_goes, 10.0: queue_comes_back}, longest=900.0, by_itself=True).played()


def worn_out_at_work() -> Iterator[list[str]]:
    """A message becomes a dead letter while its worker is at it."""
    for at in range(2, 24, 2):
        freeze = FreezeOnce("clinicea.postAppointmentByPatientID <", 0.0, 24.0)
        events = {float(at): wears_out, at + 0.5: redelivered, at + 1.5: sweeps}
        yield Scene(story_book.known, freeze=freeze, at=events, by_itself=True).played()


def too_late() -> Iterator[list[str]]:
    """Clinicea is away until shortly before the start, or past it; its POST takes a while."""
    for before in (40.0, 15.0, -20.0):
        away = 600.0 - before
        at = {away + 1: redelivered}
        yield Scene(stories.soon, {"POST": [long_on_its_way]}, away_until=away, at=at, seed=2).played(past)


def resolved_too_soon() -> Iterator[list[str]]:
    """A person resolves a booking whose POST is still under way."""
    scene = Scene(
        story_book.known,
        {"POST": [LATE]},
        parameters={"ReadBacks": "false"},
        at={60.0: partial(person_says, action="resolve", end="rejected")},
        ends=False,
        longest=600.0,
    )
    yield scene.played()


def named_twice() -> Iterator[list[str]]:
    """Two calls want one appointment, Clinicea moves it, and a person names it for both bookings."""
    at = {1000.0: partial(names_it, which=0), 1100.0: partial(names_it, which=1)}
    yield Scene(story_book.two_calls, habits={"round_starts": 45}, at=at, ends=False, longest=1500.0).played()


def changed_after_a_redrive() -> Iterator[list[str]]:
    """A booking in doubt is redriven while Clinicea is away, and the agent records another slot."""
    plan = [rounded_without_an_answer]
    at: dict[float, Event] = {990.0: clinicea_goes, 1000.0: partial(person_says, action="redrive")}
    yield Scene(stories.changed_after_a_while, {"POST": plan}, at=at, seed=3).played()


def changed_and_repeated() -> Iterator[list[str]]:
    """Clinicea is away while a wish is replaced, and the replaced one repeated."""
    yield Scene(stories.changed_and_repeated, away_until=120.0).played()


WAITS: tuple[Callable[[], Iterator[list[str]]], ...] = (
    frozen_at_intake,
    rests,
    outage,
    long_outage,
    lost_message,
    queue_away_at_intake,
    worn_out_at_work,
    too_late,
    resolved_too_soon,
    named_twice,
    changed_after_a_redrive,
    changed_and_repeated,
)
