"""Ways of Clinicea's and of the deployment's that last for a whole run: each seed has its own."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from tests.chaos.mix import Mix

# What nobody knows for certain of Clinicea.
HABITS: dict[str, tuple[object, ...]] = {
    "single_objects": (True, False),
    "single_appointments": (False, True),
    "empty_answer": ("204", "list"),
    "omit_notes": (False, True),
    "reference_ids": (False, True),
    "max_page_size": (0, 0, 10),
    "token_as_object": (False, True),
    "login_single_session": (True, True, False),
    "own_slot_conflicts": (False, False, True),
    "slot_conflict_status": (400, 409),
    "patient_before_slot": (False, False, True),
}
IN_BAD_WEATHER: dict[str, tuple[object, ...]] = {
    "read_lag_seconds": (0.0, 0.0, 0.0, 1.5, 4.0),
    "created_answer": ("", "", "", "bare", "object"),
    "saving_errors": (False, False, False, True),
}
"""Further ones, of runs in which something goes wrong: they make a plain run's example harder to read."""
ZONES = ("Asia/Kolkata", "Asia/Kolkata", "America/New_York", "Europe/London")
"""The clinics'. All of a run's slots lie about the days on which the last two change their clocks."""
PLAIN_ZONE = ZONES[0]


def drawn(chance: Random, mix: Mix, *, faults: float, given: Mapping[str, object]) -> dict[str, object]:
    """Return the fake's switches for a run; what is given is not left to chance."""
    habits = {name: chance.choice(choices) for name, choices in HABITS.items()}
    if faults:
        further = {name: chance.choice(choices) for name, choices in IN_BAD_WEATHER.items()}
        habits |= {name: choice for name, choice in further.items() if mix.has(name)}
        habits["guid_ids"] = habits.get("created_answer") == "bare"  # any other id alone is no id that is believed
    return {**habits, **given}


def zone(chance: Random, mix: Mix, *, faults: float) -> str:
    """Return the clinics' zone in a run."""
    return chance.choice(ZONES) if faults and mix.has("zones") else PLAIN_ZONE
