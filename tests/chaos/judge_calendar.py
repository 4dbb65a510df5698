"""The judge of what stands in the calendar: at the instant that was agreed, and not once more after a cancellation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Protocol

from tests.chaos.clinicea import SimulatedClinicea
from tests.chaos.intent import Intent
from tests.chaos.made import Touch


@dataclass
class Acts:
    """What a person did with parked bookings.

    Attributes:
        given_up: bookings that they asked to reject, because nothing stood in the calendar.
        ended: bookings of which they have said how they end.
        redriven: when they sent bookings on again, by booking.
    """

    given_up: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    redriven: dict[str, list[datetime]] = field(default_factory=dict)


class Court(Protocol):
    """What the judge of bookings knows."""

    def told(self, booking_id: str) -> tuple[str, str | None]: ...

    def harm(self, harm: str, intent: Intent, why: str) -> None: ...

    def cannot_be_told(self, what: str) -> None: ...


def judge_start(court: Court, clinicea: SimulatedClinicea, intent: Intent, acts: Acts) -> None:
    """Whether what Clinicea put at another start was believed: a person must be told of it."""
    off = [
        each
        for each in clinicea.made.of_tag(intent.tag)
        if each.off and each.touch is None and not clinicea.calendar.appointments[each.was.appointment_id].cancelled
    ]
    if not off or not intent.booking_ids:
        return
    # Parked, a person is told of it; and one who has resolved the booking, or sent it on, has seen where it stands.
    seen = acts.ended | acts.redriven.keys()
    believed = all(court.told(each)[0] == "booked" and each not in seen for each in sorted(intent.booking_ids))
    if believed and all(each.bare and each.unread for each in off):
        court.cannot_be_told("a bare id for another start, without read-backs")
    elif believed:
        court.harm("moved_untold", intent, f"{[each.was.appointment_id for each in off]} stand elsewhere")


def judge_made_again(court: Court, clinicea: SimulatedClinicea, intent: Intent, acts: Acts) -> None:
    """Whether an appointment that the clinic had taken back was made once more without a person's word."""
    made = clinicea.made.of_tag(intent.tag)
    for before, after in pairwise(made):
        if before.touched_at is None or before.touched_at > after.at:
            continue
        times = [when for each in intent.booking_ids for when in acts.redriven.get(each, ())]
        if before.touch is Touch.DELETED:
            court.cannot_be_told("made again after the clinic had deleted it")
        elif before.touch is Touch.CANCELLED and not any(before.touched_at <= when <= after.at for when in times):
            court.harm("made_again", intent, f"{before.was.appointment_id} had been cancelled")
