"""What became of a message that the worker took."""

from __future__ import annotations

from dataclasses import dataclass

from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.waiting import Wait


@dataclass(frozen=True)
class Done:
    """The message has done its work.

    Attributes:
        booking: as it now stands, or None if there is none.
        ended_here: whether this message brought it to where it stands; one that comes again did not.
        stopped: whether it showed a start off by what may be a zone's offset, so that nothing is posted any more.
    """

    booking: Booking | None
    ended_here: bool = False
    stopped: bool = False


Outcome = Done | Wait
