"""What is in a run's weather: everything by default but what is held back, and less what is left out by name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

DESK = "desk"
"""The injection's name: agents book at the desk."""
HELD_BACK: dict[str, str] = {
    "denied_after": "a limiter or a gateway answers before the work; where it does not and reads lag, nothing tells",
    DESK: "its deployment has the desk on and works more, so that the tables of seeds would shift",
    "second_release": "what the later release has begun waits while today's is back, so shares of ends say less",
    "open_bookings": "what a limit refuses is asked for again by nobody, so shares of ends say less",
    "restore": "what a backup brings back waits for a person, so shares of ends say less",
}
"""Injections that are no part of the standing mix, and why; `--with` has them."""


@dataclass(frozen=True)
class Mix:
    """The injections of a run, each by its name.

    Attributes:
        without: what is left out.
        also: what is in it though it is held back.
    """

    without: Collection[str] = field(default=frozenset())
    also: Collection[str] = field(default=frozenset())

    def has(self, name: str) -> bool:
        return name not in self.without and (name not in HELD_BACK or name in self.also)
