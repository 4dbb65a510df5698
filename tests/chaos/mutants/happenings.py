"""What may happen in a scene: the fates of calls, what the clinic and a person do, and which harm to look for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from local.clinicea.records import Appointment
from tests.chaos.aws_errors import client_error
from tests.chaos.clinicea import tag_of
from tests.chaos.clinicea_faults import Draw, Hit, rule
from tests.chaos.clock import moment
from tests.chaos.intent import Intent
from tests.chaos.mutants.scenes import Planned
from tests.chaos.world import World

READ = "getAppointmentsByPatient"
LOST = rule("timeout after", "timeout_after", seconds=60.0)
NEVER = rule("timeout before", "timeout_before", seconds=60.0)
LATE = rule("late commit", "late_commit", seconds=100.0)
LATEST = rule("late commit", "late_commit", seconds=117.0, reset=True)
BARE: dict[str, object] = {"created_answer": "bare", "guid_ids": True}
TAKEN = "Slot is already booked"


def answered(status: int, **more: object) -> Draw:
    return rule(f"{status}", "status", status=status, **more)


def succeeds(_chance: Random) -> Hit:
    return Hit()


def rounded_without_an_answer(_chance: Random) -> Hit:
    lost = {"call": "*", "kind": "timeout_after", "count": 1, "seconds": 60.0}
    return Hit("rounded and lost", switches={"round_starts": 60}, rule=lost)


def half_refused(_chance: Random) -> Hit:
    """The patient is made, and the slot refused."""
    return Hit("half", switches={"create_patient_then_refuse_slot": True})


def long_on_its_way(_chance: Random) -> Hit:
    return Hit("slow network", transit=20.0)


def made_for(world: World, intent: Intent) -> list[Appointment]:
    made = [each for each in world.clinicea.calendar.appointments.values() if tag_of(each.notes) == intent.tag]
    return sorted(made, key=lambda each: each.appointment_id)


def elsewhere(world: World, intents: list[Intent]) -> list[str]:
    """Return the bookings that are called booked though their appointment stands at another start."""
    found = []
    for intent in intents:
        states = {world.status(each)[1]["state"] for each in intent.booking_ids}
        starts = {each.start for each in made_for(world, intent) if not each.cancelled}
        if "booked" in states and starts and intent.slot.start not in starts:
            found.append(f"elsewhere: tag {intent.tag} is booked and stands at another start")
    return found


def past(world: World, intents: list[Intent]) -> list[str]:
    """Return the appointments that were made after their start."""
    return [
        f"past: {each.appointment_id} was made after its start"
        for intent in intents
        for each in made_for(world, intent)
        if each.created_at.astimezone(world.clinicea.account.zone).replace(tzinfo=None) > each.start
    ]


def resurrected(world: World, intents: list[Intent]) -> list[str]:
    """Return the wishes of which one appointment was cancelled by the clinic, and another one made."""
    made = {intent.tag: made_for(world, intent) for intent in intents}
    return [f"resurrected: tag {tag} was cancelled, and made again" for tag, each in made.items() if len(each) > 1]


def half_made(world: World, intents: list[Intent]) -> list[str]:
    made = made_for(world, intents[0])
    return [] if made else ["half: a patient was made, and no appointment"]


def cancels_ours(world: World, intents: list[Intent]) -> None:
    world.clinicea.advance()
    for each in made_for(world, intents[0]):
        world.clinicea.calendar.cancel(each.appointment_id, "Patient asked", moment(world.scheduler.now))


def moves_ours(world: World, intents: list[Intent]) -> None:
    world.clinicea.advance()
    store, later = world.clinicea.calendar, timedelta(days=3)
    for each in made_for(world, intents[0]):
        store.appointments[each.appointment_id] = replace(each, start=each.start + later, end=each.end + later)


def loses_messages(world: World, _intents: list[Intent]) -> None:
    """What was in the queue is gone, as after four days."""
    for queue in world.queues.values():
        queue.vanish()


def wears_out(world: World, _intents: list[Intent]) -> None:
    for queue in world.queues.values():
        queue.wear_out_all()


def queue_goes(world: World, _intents: list[Intent]) -> None:
    """SQS takes no message any more."""

    def send(*_given: object) -> None:
        raise client_error("SendMessage", "ServiceUnavailable", "Service unavailable", 503)

    for queue in world.queues.values():
        vars(queue)["send"] = send


def queue_comes_back(world: World, _intents: list[Intent]) -> None:
    for queue in world.queues.values():
        del vars(queue)["send"]


def person_says(world: World, intents: list[Intent], which: int = 0, **order: Any) -> None:
    (booking_id,) = intents[which].booking_ids
    person = {"who": "arn:aws:iam::123456789012:user/front-desk", "why": "looked into the calendar"}
    if order["action"] == "redrive":
        order |= {"booking_ids": [booking_id], "dry_run": False}
        world.acts.redriven.setdefault(booking_id, []).append(moment(world.scheduler.now))
    else:
        order |= {"booking_id": booking_id}
        world.acts.ended.add(booking_id)
    world.runtime.invoke("booking_actions", order | person, lambda _result, _failure: None)


def names_it(world: World, intents: list[Intent], which: int) -> None:
    """A person calls the one appointment that was made this booking's."""
    made = [each for intent in intents for each in made_for(world, intent)]
    person_says(world, intents, which, action="resolve", end="booked", appointment_id=made[0].appointment_id)


def sweeps(world: World, _intents: list[Intent]) -> None:
    world.runtime.invoke("sweeper", {"source": "aws.events"}, lambda _result, _failure: None)


def clinicea_goes(world: World, _intents: list[Intent]) -> None:
    assert isinstance(world.troubles, Planned)
    world.troubles.until = world.scheduler.now + 120.0
