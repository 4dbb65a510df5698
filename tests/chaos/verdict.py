"""What the judge says of a run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

HARMS = (
    "lost",
    "duplicate_appointments",
    "duplicate_patients",
    "wrong_patient",
    "false_rejected",
    "owned_twice",
    "without_consent",
    "moved_untold",
    "made_again",
    "unnoticed",
    "untold",
    "starved",
    "crowded",
    "overwritten",
    "brought_back",
    "untrue",
    "unwanted",
)


@dataclass
class Verdict:
    """The counts of the report, and for each harm a line that says where."""

    accepted: int = 0
    booked: int = 0
    rejected: int = 0
    needs_attention: int = 0
    lost: int = 0
    duplicate_appointments: int = 0
    duplicate_patients: int = 0
    wrong_patient: int = 0
    false_rejected: int = 0
    owned_twice: int = 0
    """Appointments that several bookings call their own."""
    without_consent: int = 0
    """New patients' wishes that were accepted without a proof of consent."""
    moved_untold: int = 0
    """Appointments at another instant than agreed, of which no person was told."""
    made_again: int = 0
    """Appointments that the clinic had cancelled, and we made once more."""
    unnoticed: int = 0
    """Wishes that were never accepted, and left no trace for a person."""
    starved: int = 0
    """Starts that passed while the booking waited for another."""
    crowded: int = 0
    """Bookings that were stored beyond what their number may have open."""
    overwritten: int = 0
    """Records of a later release that an earlier one has written over."""
    brought_back: int = 0
    """Erased bookings that a restore has brought back."""
    untrue: int = 0
    """Wishes of which the desk said that they are booked, when nothing stood."""
    unwanted: int = 0
    """Wishes that were made though nobody had asked for them, or the caller had refused."""
    logins: int = 0
    posts: int = 0
    read_backs: int = 0
    only_a_person_can_decide: int = 0
    needs_attention_causes: Counter[str] = field(default_factory=Counter)
    crashes: Counter[str] = field(default_factory=Counter)
    split: list[str] = field(default_factory=list)
    """Requests whose repeats became bookings of their own."""
    untold: list[str] = field(default_factory=list)
    """Bookings that were rejected or parked without a notice to anybody."""
    parked: list[str] = field(default_factory=list)
    undecidable: Counter[str] = field(default_factory=Counter)
    """What would be a harm if anything that can be asked showed it in time."""
    evidence: list[str] = field(default_factory=list)

    @property
    def harmless(self) -> bool:
        return not any(getattr(self, harm) for harm in HARMS)
