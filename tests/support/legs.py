"""Two agents of one call on the bench: what each one's status callback says, and what the call keeps of it."""

from __future__ import annotations

from typing import Any

from convox_clinicea.bookings.call import Call
from convox_clinicea.bookings.callbacks import CallbackResult
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import BookingRequest, Caller
from tests.support.bench import Bench
from tests.support.bookings import CALL_ID
from tests.support.callbacks import (
    call,
    takes,
)

A, B = "agent-12", "agent-77"


def by(agent: str | None) -> Caller:
    return Caller(name="convox", call_id=CALL_ID, agent_id=agent)


def says(bench: Bench, agent: str | None, wanted: BookingRequest | None = None, **changes: Any) -> CallbackResult:
    """The agent's status callback; without a wish it asks for nothing."""
    caller = by(agent)
    if wanted is None:
        return takes(bench, caller=caller, asks=False, **changes)
    return takes(bench, wanted.model_copy(update={"caller": caller}), caller=caller, **changes)


def leg(bench: Bench, agent: str | None) -> Call:
    return call(bench).of_agent(agent)


def parked(booking: Booking) -> tuple[State, Reason | None]:
    return booking.state, booking.reason


WAITS = (State.NEEDS_ATTENTION, Reason.CHANGED_AFTER_BOOKING)
