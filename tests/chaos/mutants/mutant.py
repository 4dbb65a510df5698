"""What a mutant is."""

from __future__ import annotations

from dataclasses import dataclass

from tests.chaos.mutants.patching import Patch

DOUBLED = "duplicate_appointments"
TWO_PATIENTS = "duplicate_patients"
WRONG_PATIENT = "wrong_patient"
FALSE_REJECTED = "false_rejected"
LOST = "lost"
UNTOLD = "untold"
STARVED = "starved"
WITHOUT_CONSENT = "without_consent"
OWNED_TWICE = "owned_twice"
CROWDED = "crowded"
OVERWRITTEN = "overwritten"
UNTRUE = "untrue"
NEEDLESS = "parked"
"""A person is asked for what the connector can find out by itself."""
ELSEWHERE = "elsewhere"
"""Booked, though the appointment stands at another start."""
RESURRECTED = "resurrected"
"""Cancelled by the clinic, and made again."""
HALF = "half"
"""A patient was made, and no appointment."""
STRAY = "stray"
"""More posted at a wrong instant than a canary each."""
PAST = "past"
"""An appointment was made after its start."""
INTERLEAVED = "interleaved"
"""An order of a few workers' effects, see `interleavings`."""
FAILED = "failed"
"""An example of the unit tests."""


@dataclass(frozen=True)
class Mutant:
    """The product without one safeguard.

    Attributes:
        name: what it does wrong.
        rule: the rule of `docs/booking-protocol.md`, or the number, that it breaks.
        patches: how it is made of the product.
        check: the name of a check of the simulation, see `checks`; or the ids of examples for pytest.
        harm: what the check must find, or one of several.
        telling: whether it is among the few that `make test` runs.
    """

    name: str
    rule: str
    patches: tuple[Patch, ...]
    check: str
    harm: str | tuple[str, ...]
    telling: bool = False

    @property
    def by_example(self) -> bool:
        """Whether examples catch it, not the simulation."""
        return self.check.startswith("tests/")


@dataclass(frozen=True)
class Redundant:
    """A safeguard that another one covers: taken out alone it harms nobody.

    Attributes:
        why: what covers it.
    """

    name: str
    rule: str
    patches: tuple[Patch, ...]
    check: str
    why: str
