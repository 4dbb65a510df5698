"""Who waited in vain: bookings that were still open at their start while another of the same patient was not decided.

One of which Clinicea has had a POST is none of them: it held all locks then, and waits for what became of that.
Nobody waits for one that holds no lock: it was parked before its POST, or no worker has reached it yet. Where two
stand in a slow queue, each waits for the queue alone, also if a worker reaches one in the last minutes: of these, the
sweeper sees few, and a run of it may be killed.

Nobody is told of a booking that waits. One that waits for another must therefore be made, or be put before a person,
while it can still be made by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial
from typing import Any, Protocol

from tests.chaos.clinicea import SimulatedClinicea
from tests.chaos.clock import BEGINNING
from tests.chaos.intent import Intent
from tests.chaos.scheduler import Scheduler
from tests.chaos.truth import patients_meant

IN_TIME = 1800.0
"""Seconds before its start in which a booking that is asked for may come too late by itself."""
SWEEPS_SECONDS = 180.0
"""Before a start: three runs of the sweeper."""
WAITING = frozenset({"accepted", "unknown", "sending"})


class Seen(Protocol):
    """What the waits are told by."""

    @property
    def clinicea(self) -> SimulatedClinicea: ...

    @property
    def scheduler(self) -> Scheduler: ...

    def status(self, booking_id: str) -> tuple[int, Any]:
        """Return status and body of what the connector answers who asks for a booking."""
        ...

    def lock_holders(self) -> Collection[str]:
        """Return the bookings that hold the lock of a number, or of a patient's start."""
        ...


class Waits:
    """Asks for each booking at its start, and keeps those that waited for another.

    Attributes:
        starved: the wishes whose start passed so, and what they waited for.
    """

    def __init__(self, world: Seen, intents: Iterable[Intent]) -> None:
        self._world = world
        self._intents = list(intents)
        self.starved: list[tuple[Intent, str]] = []
        self._held: dict[int, frozenset[str]] = {}
        for intent in self._intents:
            start = (intent.slot.start.replace(tzinfo=world.clinicea.account.zone) - BEGINNING).total_seconds()
            if start > 0:
                world.scheduler.at(start - SWEEPS_SECONDS, partial(self.look_ahead, intent))
                world.scheduler.at(start, partial(self.look, intent, start))

    def look_ahead(self, intent: Intent) -> None:
        """Note which bookings hold a lock now, while the sweeper can still put the intent's before a person."""
        if self._states(intent) & WAITING and any(self._of_the_same(intent)):
            self._held[intent.tag] = frozenset(self._world.lock_holders())

    def look(self, intent: Intent, start: float) -> None:
        """Note the intent if its booking is open now, at its start, and an earlier one of the patient undecided."""
        if min(call.at for call in intent.calls) > start - IN_TIME or not self._states(intent) & WAITING:
            return
        if intent.tag in self._world.clinicea.asked:
            return
        held = self._held.get(intent.tag, frozenset())
        others = [other for other in self._of_the_same(intent) if self._holds(other, held)]
        if others:
            first = others[0]
            waits_for = f"tag {first.tag} ({first.story}) {sorted(first.booking_ids)}"
            self.starved.append((intent, f"its start passed while it waited, as did {waits_for}"))

    def _holds(self, other: Intent, held: Collection[str]) -> bool:
        """Whether the wish is not decided, and may hold up others; `held` had locks before."""
        states = self._states(other)
        if other.tag in self._world.clinicea.asked:
            return bool(states & (WAITING | {"needs_attention"}))
        return bool(states & WAITING) and not other.booking_ids.isdisjoint({*self._world.lock_holders()} & {*held})

    def _of_the_same(self, intent: Intent) -> Iterable[Intent]:
        """Yield the wishes told before for the same number or, of a known patient, for the same start.

        A known patient's other starts hold nobody up: of a booking that is late beside these, only the queue and
        Clinicea are the cause (`test_waits.py` holds that they are made within minutes in fair weather).
        """
        whom = self._whom(intent)
        at = min(call.at for call in intent.calls)
        for other in self._intents:
            earlier = other is not intent and min(call.at for call in other.calls) <= at
            may_hold = intent.person is not None or intent.slot.start == other.slot.start
            if earlier and may_hold and whom & self._whom(other):
                yield other

    def _whom(self, intent: Intent) -> set[str]:
        known = {each.patient_id for each in patients_meant(self._world.clinicea, intent)}
        return known if intent.person is None else known | {intent.person.number.e164}

    def _states(self, intent: Intent) -> set[str]:
        return {self._world.status(each)[1].get("state", "") for each in intent.booking_ids}
