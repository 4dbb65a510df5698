"""Persons who have what is held on them erased, in the middle of it all."""

from __future__ import annotations

from typing import Any

from tests.chaos.intent import Intent
from tests.chaos.world import World

FUNCTION = "data_requests"
WHO = {"who": "arn:aws:iam::123456789012:user/front-desk", "why": "the patient asked for it"}
MOST_PARTS = 60
"""Answers until the whole ledger was searched, those included that did not come."""
PAUSE_SECONDS = 20.0


class Erasure:
    """One person's: asked for part by part, and again where no answer came, as the command does."""

    def __init__(self, world: World, intent: Intent) -> None:
        self._world = world
        self._about = {"patient_id": intent.patient_id} if intent.person is None else {}
        if intent.person is not None:
            self._about = {"mobile": intent.person.number.e164}
        self._parts = 0
        self._ask(None)

    def _ask(self, after: str | None) -> None:
        order = {"action": "erase", **self._about, **WHO, "open_too": True, "after": after}
        self._parts += 1
        self._world.runtime.invoke(FUNCTION, order, lambda result, failure: self._answered(after, result, failure))

    def _answered(self, after: str | None, result: Any, failure: BaseException | None) -> None:
        if self._parts == MOST_PARTS or (failure is None and result["after"] is None):
            return
        further = after if failure is not None else result["after"]
        self._world.scheduler.after(PAUSE_SECONDS if failure else 1.0, lambda: self._ask(further))
