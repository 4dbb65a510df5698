"""The person who attends to parked bookings: looks into Clinicea, and redrives or resolves what waits.

They look at the truth, as somebody does who opens the calendar, and then act by the product's own function; which fails
on them as on anybody. They never guess: what is not settled yet they look at again in their next round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import Any

from tests.chaos.clock import moment
from tests.chaos.intent import Intent
from tests.chaos.truth import standing_for, touched_of
from tests.chaos.world import World

FUNCTION = "booking_actions"
BETWEEN_ROUNDS = 1200.0
MOST_ACTS = 3
"""On one booking; whatever still waits then is left to wait."""
PERSON = {"who": "arn:aws:iam::123456789012:user/front-desk", "why": "looked into the calendar"}


class Attendant:
    """Makes a round every now and then.

    Attributes:
        outcomes: what the function answered, by what was asked: done, or what stood in its way.
    """

    def __init__(self, world: World, intents: Iterable[Intent]) -> None:
        self._world = world
        self._intents = list(intents)
        self._chance = world.chance("attendant")
        self._count: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        world.scheduler.after(BETWEEN_ROUNDS, self._round)

    def _round(self) -> None:
        self._world.scheduler.after(BETWEEN_ROUNDS, self._round)
        self._world.runtime.invoke(FUNCTION, {"action": "list", "states": ["needs_attention"]}, self._looked)

    def _looked(self, result: Any, failure: BaseException | None) -> None:
        if failure is not None:
            return  # the next round will show them
        # Where an agent had changed their mind, only they could say what is to stand: nobody acts on that here.
        of_one_wish = [intent for intent in self._intents if intent.mind is None]
        asked_by = {booking_id: intent for intent in of_one_wish for booking_id in intent.booking_ids}
        for each in result["bookings"]:
            booking_id = each["booking_id"]
            # Of one whose answer never arrived nobody knows whom to ask.
            if booking_id in asked_by and self._count[booking_id] < MOST_ACTS:
                self._count[booking_id] += 1
                decide = partial(self._decide, booking_id, asked_by[booking_id])
                self._world.scheduler.after(self._chance.uniform(1.0, 600.0), decide)

    def _decide(self, booking_id: str, intent: Intent) -> None:
        self._world.clinicea.advance()
        standing = standing_for(self._world.clinicea, intent) or self._moved_by_hand(intent)
        order: dict[str, Any]
        if self._chance.random() < 0.5:
            self._world.acts.redriven.setdefault(booking_id, []).append(moment(self._world.scheduler.now))
            order = {"action": "redrive", "booking_ids": [booking_id], "dry_run": False}
        elif standing:
            self._world.acts.ended.add(booking_id)
            order = {"action": "resolve", "booking_id": booking_id, "end": "booked", "appointment_id": standing[0]}
        else:
            self._world.acts.given_up.add(booking_id)
            order = {"action": "resolve", "booking_id": booking_id, "end": "rejected"}
        self._world.runtime.invoke(FUNCTION, order | PERSON, lambda result, _failure: self._acted(order, result))

    def _moved_by_hand(self, intent: Intent) -> list[str]:
        """Return what the clinic has moved of the intent's: it stands, wherever."""
        ids = [made.was.appointment_id for made in touched_of(self._world.clinicea, intent)]
        return [each for each in ids if not self._world.clinicea.calendar.appointments[each].cancelled]

    def _acted(self, order: dict[str, Any], result: Any) -> None:
        for each in (result or {}).get("results", []):
            self.outcomes[f"{order.get('end', 'redrive')}: {each['obstacle'] or 'done'}"] += 1
