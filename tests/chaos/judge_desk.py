"""The judge of what agents agreed at the desk: it is booked or known to a person, and the desk told the truth of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from math import inf
from typing import Any, Protocol

from tests.chaos.clinicea import SimulatedClinicea
from tests.chaos.desk_pages import Chip
from tests.chaos.intent import Intent
from tests.chaos.judge_minds import whose

Shown = Callable[[Intent], Sequence[Chip]]
A_PERSON = "a_person_must_look"


class Connector(Protocol):
    """What can be asked of the connector, and of Clinicea."""

    @property
    def clinicea(self) -> SimulatedClinicea: ...

    def bookings_of(self, call_id: str) -> list[dict[str, Any]]: ...

    def start_of(self, booking_id: str) -> datetime: ...


class Court(Protocol):
    """What the judge of bookings knows."""

    def made_for(self, intent: Intent) -> Sequence[Any]: ...

    def stands(self, intent: Intent) -> bool: ...

    def told(self, booking_id: str) -> tuple[str, str | None]: ...

    def was_refused(self, intent: Intent) -> bool: ...

    def harm(self, harm: str, intent: Intent, why: str) -> None: ...


def adopt_from_desk(connector: Connector, intents: Iterable[Intent]) -> None:
    """Give the wishes at the desk their bookings, which no page names: those of their calls at their start."""
    zone = connector.clinicea.account.zone
    for intent in intents:
        if intent.desk is None:
            continue
        start = intent.slot.start.replace(tzinfo=zone)
        found = connector.bookings_of(intent.call_id)
        ids = {each["booking_id"] for each in found}
        intent.booking_ids |= {each for each in ids if connector.start_of(each) == start}


def judge_desk(court: Court, intents: Iterable[Intent], shown: Shown) -> None:
    """Judge every wish that an agent had at the desk."""
    everyone = [intent for intent in intents if intent.desk is not None]
    for intent in everyone:
        assert intent.desk is not None
        for where in intent.desk.untrue:
            court.harm("untrue", intent, f"the desk said that it is booked {where}, and nothing stood")
        if not (intent.desk.agreed or intent.calls_back) and (intent.booking_ids or court.made_for(intent)):
            harm = "unwanted" if intent.person is None else "without_consent"
            court.harm(harm, intent, "nobody had agreed to it")
    for leg in _legs(everyone):
        finals = _finals(leg)
        whys = {wish.tag: _broken(court, wish, shown) for wish in finals}
        if whys and all(whys.values()):
            harm = "false_rejected" if any(why and "rejected" in why for why in whys.values()) else "lost"
            court.harm(harm, finals[-1], f"agreed at the desk last: {whys}")


def _legs(intents: Iterable[Intent]) -> list[list[Intent]]:
    """Return the wishes of each person of each call at each agent's desk."""
    legs: dict[tuple[object, str, str], list[Intent]] = defaultdict(list)
    for intent in intents:
        if intent.desk is not None:
            legs[intent.mind or intent.tag, whose(intent), intent.agent_id].append(intent)
    return [*legs.values()]


def replaced(intents: Iterable[Intent]) -> list[Intent]:
    """Return the wishes in whose place their agent has agreed something else for the person at the same desk."""
    legs = _legs(intents)
    return [wish for leg in legs for wish in leg if wish.desk and wish.desk.heard and wish not in _finals(leg)]


def _finals(wishes: Sequence[Intent]) -> list[Intent]:
    """Return the wishes of which one was agreed last at one agent's desk: several, where forms were under way at once.

    A form that was never answered well may have taken the place of an earlier one all the same; its agent knows that it
    may not be stored. So does one whose status callback asked for something else of the person after this wish.
    """
    heard = [wish for wish in wishes if wish.desk is not None and wish.desk.heard and not wish.withdrawn]
    return [wish for wish in heard if not any(_replaces(other, wish) for other in wishes if other is not wish)]


def _replaces(other: Intent, wish: Intent) -> bool:
    assert wish.desk is not None
    assert other.desk is not None
    at_desk = max(other.desk.sent, default=-inf) > max(wish.desk.heard)
    return at_desk or (other.first_sent < inf and wish.first_sent < inf)


def _broken(court: Court, wish: Intent, shown: Shown) -> str | None:
    """Return how the desk broke its word; None if the wish is booked, refused by the clinic, or waits for a person."""
    states = [court.told(each) for each in sorted(wish.booking_ids)]
    if not states:
        chips = [each for each in shown(wish) if each.is_of(wish.slot.start)]
        if any(each.progress == A_PERSON for each in chips):
            return None
        return f"no booking; the desk shows {[each.progress for each in chips]}"
    for state, reason in states:
        match state:
            case "needs_attention":
                return None
            case "booked" if court.stands(wish):
                return None
            case "rejected" if court.was_refused(wish) and not court.made_for(wish):
                return None
            case "rejected" if reason == "no_longer_wanted":
                return None
    return ", ".join(f"{state}, {reason}" for state, reason in states)
