"""The judge of calls with several wishes: for each person one appointment at the most, and what was wanted last.

Of a transferred call each agent's last wish counts: what the one records takes nothing from the other.

Through whichever door a wish came: by a flow function, or by the status callback.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import inf
from typing import Protocol

from local.clinicea.records import Appointment
from tests.chaos.intent import Intent, Mind


class Court(Protocol):
    """What the judge of single bookings knows."""

    def made_for(self, intent: Intent) -> list[Appointment]: ...

    def stands(self, intent: Intent) -> bool: ...

    def told(self, booking_id: str) -> tuple[str, str | None]: ...

    def was_refused(self, intent: Intent) -> bool: ...

    def harm(self, harm: str, intent: Intent, why: str) -> None: ...


def of_one_call(intents: Sequence[Intent]) -> list[list[Intent]]:
    """Return the wishes of each person of each call that has several, in the order in which they were planned."""
    calls: dict[tuple[Mind, str], list[Intent]] = defaultdict(list)
    for intent in intents:
        if intent.mind is not None:
            calls[intent.mind, whose(intent)].append(intent)
    return [*calls.values()]


def judge_call(court: Court, wishes: Sequence[Intent]) -> None:
    """Judge one person of a call by the calendar, and by what the callbacks were told."""
    made = {each.appointment_id: wish for wish in wishes for each in court.made_for(wish)}
    if len({wish.tag for wish in made.values()}) > 1:
        court.harm("duplicate_appointments", wishes[0], f"{sorted(made)} stand for one person of a call")
    for booking_id in sorted({each for wish in wishes for each in wish.booking_ids}):
        state, _ = court.told(booking_id)
        if state == "booked" and not any(court.stands(wish) for wish in wishes if _may_be(wish, booking_id)):
            court.harm("lost", wishes[0], f"{booking_id} is booked, but nothing stands for it")
    legs: dict[str, list[Intent]] = defaultdict(list)
    for wish in wishes:
        legs[wish.agent_id].append(wish)
    for leg in legs.values():
        _judge_leg(court, leg)


def _judge_leg(court: Court, wishes: Sequence[Intent]) -> None:
    """Judge what one agent's callbacks were promised last."""
    finals = _finals(wishes)
    whys = {wish.tag: _broken(court, wish) for wish in finals}
    if whys and all(whys.values()):
        harm = "false_rejected" if any(why and "rejected" in why for why in whys.values()) else "lost"
        court.harm(harm, finals[-1], f"what was wanted last: {whys}")


def whose(wish: Intent) -> str:
    """Return who the wish is for; a birth date that is told later makes nobody else of them."""
    if wish.person is None:
        return f"patient {wish.patient_id}"
    return f"{wish.person.number.e164} {wish.person.full_name.casefold()}"


def _may_be(wish: Intent, booking_id: str) -> bool:
    """Whether the booking may have come to this wish.

    A callback that was never answered well may have been carried out all the same: then it has replaced what the
    booking said before, and nobody could be told.
    """
    return booking_id in wish.booking_ids or (wish.first_sent < inf and not wish.heard)


def _finals(wishes: Sequence[Intent]) -> list[Intent]:
    """Return the wishes of which one must have come last: several where callbacks of them were under way at once.

    One that was told each time that something else stands is none: it came late. Nor does one count as told last whose
    last telling nobody has answered well: ConVox knows that it may not be stored.
    """
    sent = [wish for wish in wishes if wish.first_sent < inf]
    if all(wish.recorded_at is not None for wish in sent):
        answered = [moment for wish in sent for moment in wish.heard_of if moment is not None]
        last = [wish for wish in sent if (wish.recorded_at or 0.0) >= max(answered, default=0.0)]
    else:
        last = [wish for wish in sent if not any(other.first_sent > wish.first_heard for other in sent)]
    return [wish for wish in last if not wish.heard or any(not each.changed for each in wish.heard)]


def _broken(court: Court, wish: Intent) -> str | None:
    """Return how a promise was broken: the booking that the wish was told of must have come to what it says."""
    promised = [each.booking_id for each in wish.heard if not each.changed]
    if not promised:
        return None
    state, reason = court.told(promised[-1])
    match state:
        case "booked":
            return None if court.stands(wish) else "booked, but it does not stand"
        case "rejected":
            return None if court.was_refused(wish) and not court.made_for(wish) else f"rejected, {reason}"
        case "needs_attention":
            return None
        case _:
            return f"still {state}"
