"""The clinic's staff: cancels, moves and edits appointments that we made, whenever it suits, in doubt or booked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from tests.chaos.clinicea import SimulatedClinicea
from tests.chaos.clock import BEGINNING, moment
from tests.chaos.made import Made, Touch
from tests.chaos.scheduler import Scheduler
from tests.chaos.weather import Weather

TOUCHED = 0.12
"""The share of our appointments that the staff touches, of the share of Clinicea calls that are hit."""
DELAYS = ((0.05, 5.0), (0.05, 5.0), (5.0, 150.0), (150.0, 7200.0))
"""Seconds after an appointment was made: while our worker waits for the answer, settles it, or has long booked it."""
ACTS = {"cancel": 4, "delete": 0.5, "move_near": 2, "move_far": 1.5, "other_practitioner": 1, "no_notes": 1}
_ODD_MINUTES = (3, 7, 13, 17, 33, 37, 43, 47)
"""At which nobody is given a slot, so that what is moved takes nobody's."""


@dataclass
class FrontDesk:
    """Touches some of what is made, from the moment at which it stands."""

    clinicea: SimulatedClinicea
    scheduler: Scheduler
    weather: Weather
    chance: Random
    touched: float = TOUCHED

    def __post_init__(self) -> None:
        self.clinicea.made.watchers.append(self._made)

    def _made(self, made: Made) -> None:
        share = self.weather.share(self.touched)
        if not share or self.chance.random() >= share:
            return
        stands_at = (made.at - BEGINNING).total_seconds()
        delay = self.chance.uniform(*self.chance.choice(DELAYS))
        (act,) = self.chance.choices([*ACTS], [*ACTS.values()])
        self.scheduler.at(stands_at + delay, lambda: self._touch(made, act))

    def _touch(self, made: Made, act: str) -> None:
        self.clinicea.advance()
        calendar, now = self.clinicea.calendar, moment(self.scheduler.now)
        appointment = calendar.appointments[made.was.appointment_id]
        appointment_id = appointment.appointment_id
        match act:
            case "cancel" | "delete":
                calendar.cancel(appointment_id, "Patient asked", now, delete=act == "delete")
                made.touch = Touch.DELETED if act == "delete" else Touch.CANCELLED
            case "move_near" | "move_far":
                days = 0 if act == "move_near" else self.chance.choice((-2, 1, 2, 7, 30))
                day = appointment.start + timedelta(days=days, hours=self.chance.choice((-1, 0, 1)))
                start = day.replace(minute=self.chance.choice(_ODD_MINUTES))
                calendar.move(appointment_id, start, start + (appointment.end - appointment.start), now)
                made.touch = Touch.MOVED
            case "other_practitioner":
                calendar.edit(appointment_id, now, practitioner_id=self.chance.choice(sorted(calendar.practitioners)))
                made.touch = Touch.EDITED
            case _:
                calendar.edit(appointment_id, now, notes="")
                made.touch = Touch.EDITED
        made.touched_at = now
        self.scheduler.trace.note(self.scheduler.now, "front desk", f"tag {made.tag} {appointment_id} {act}")
