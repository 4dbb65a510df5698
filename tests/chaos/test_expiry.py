"""Records expire, and callbacks come again weeks and months later: nothing is made twice."""

from __future__ import annotations

from tests.chaos.callers import Callers
from tests.chaos.status_stories import ended, ended_newcomer
from tests.chaos.story_book import Story, already_there, known, newcomer, slot_taken, tell, two_calls
from tests.chaos.world import World

DAY = 86_400.0
AFTER = (45, 200)
"""Days between two times at which everything is sent again: longer than the retention, and shorter than to a start."""
STORIES = (known, newcomer, two_calls, already_there, slot_taken, ended, ended_newcomer)
TOLD: dict[Story, float] = dict.fromkeys(STORIES, 1.0)


def standing(world: World) -> set[str]:
    appointments = world.clinicea.calendar.appointments.items()
    return {appointment_id for appointment_id, each in appointments if not each.cancelled}


def test_repeat_after_the_record_expired_books_nothing_new() -> None:
    world = World(1, 0.0, 0.0, scheduled=False)
    intents = tell(world, 24, 60.0, TOLD)
    with world:
        callers = Callers(world, intents)
        world.let_pass(3600.0)
        before, patients = standing(world), set(world.clinicea.calendar.patients)
        assert len(before) > 15
        expired = 0
        for days in AFTER:
            world.let_pass(days * DAY)
            expired += sum(table.expire(world.clock.seconds()) for table in world.tables)
            for intent in intents:
                for call in intent.calls:
                    callers.send(intent, call, 1)
            world.let_pass(3600.0)

            assert standing(world) == before
            assert set(world.clinicea.calendar.patients) == patients
    assert expired > 50
    assert not world.crashes
