"""The judge of wishes that were never accepted: does anybody know of them?"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Protocol

from tests.chaos.clinicea import SimulatedClinicea
from tests.chaos.intent import Intent


class Connector(Protocol):
    """What can be asked of the connector, and of Clinicea."""

    @property
    def clinicea(self) -> SimulatedClinicea: ...

    def bookings_of(self, call_id: str) -> list[dict[str, Any]]: ...

    def calls_without_end(self) -> Collection[str]: ...


class Court(Protocol):
    """What the judge of bookings knows."""

    def harm(self, harm: str, intent: Intent, why: str) -> None: ...

    def cannot_be_told(self, what: str) -> None: ...


def adopt(connector: Connector, intents: Iterable[Intent]) -> None:
    """Give bookings of which ConVox heard nothing to the wishes of their calls, as `GET /calls/…/bookings` names them.

    A callback may have been carried out though no answer to it came through. Of one call's persons, the one whose
    appointment was made has the booking.
    """
    made = connector.clinicea.made.by_id

    def tag_of(booking: dict[str, Any]) -> int | None:
        appointment = made.get(str(booking.get("appointment_id")))
        return None if appointment is None else appointment.tag

    everyone = list(intents)
    owned = {each for intent in everyone for each in intent.booking_ids}
    for intent in everyone:
        if intent.booking_ids or intent.desk is not None or not intent.answers:
            continue
        found = [each for each in connector.bookings_of(intent.call_id) if each["booking_id"] not in owned]
        theirs = [each["booking_id"] for each in found if tag_of(each) in (None, intent.tag)]
        if theirs:
            intent.booking_ids.add(theirs[0])
            owned.add(theirs[0])


def judge_trace(court: Court, clinicea: SimulatedClinicea, intent: Intent, listed: Collection[str]) -> None:
    """Whether a wish that is no booking is known to a person.

    Of a flow function that fails the agent sees it at once; of a status callback nobody sees the answer.

    Args:
        listed: calls of which the supervisor's list says that their status has not come.
    """
    if intent.desk is not None and intent.desk.heard:
        return  # the desk gave its word, and is judged by it
    asking = [call for call in intent.calls if call.asks and not call.at_desk]
    if not asking or not all(call.by_status for call in asking) or intent.call_id in listed:
        return
    known = intent.taken | intent.traced | intent.heard_of
    untold = {call.recorded_at for call in asking} - known
    if intent.booking_ids or clinicea.made.of_tag(intent.tag):
        untold.discard(asking[0].recorded_at)  # it became a booking; what was said of it later is judged by itself
    if not untold:
        return
    if intent.first_sent == float("inf") and intent.announced:
        court.cannot_be_told("neither the pop-up's record nor the callback was stored")
    else:
        court.harm("unnoticed", intent, f"answered {intent.answers}, and no trace of what was recorded at {untold}")
