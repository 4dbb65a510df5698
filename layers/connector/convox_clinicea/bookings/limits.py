"""The numbers of the protocol. Those that depend on one another are checked when the settings are read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.states import Reason
from convox_clinicea.errors import ConfigurationError


@dataclass(frozen=True)
class Limits:
    """How long things may take.

    Attributes:
        lease_seconds: how long an attempt holds a booking, at least; always 15 s beyond its own deadline.
        settle: how long after a POST's end Clinicea may still commit it [assumed].
        age: how long a booking is tried before a person must decide.
        margin: how long before its start an appointment must be posted.
        seconds_for_a_post: what must be left of the invocation when a booking is claimed.
        stuck: how long a booking may go without being queued anew before the sweeper does it: twice the longest wait.
        retention: how long ended bookings are kept, and parked ones wait for a person.
    """

    lease_seconds: float = 45.0
    settle: timedelta = timedelta(seconds=120)
    age: timedelta = timedelta(hours=12)
    margin: timedelta = timedelta(minutes=1)
    seconds_for_a_post: float = 10.0
    stuck: timedelta = timedelta(minutes=30)
    retention: timedelta = timedelta(days=30)

    def check(self, *, worker_seconds: float, visibility_seconds: float) -> None:
        """Raise ConfigurationError where the numbers contradict one another: the conditions are the errors' texts."""
        if not worker_seconds + LEASE_BEYOND_DEADLINE_SECONDS <= self.lease_seconds < visibility_seconds:
            raise ConfigurationError("worker time-out + 15 s <= lease < visibility time-out does not hold")
        if self.settle < timedelta(0) or self.age <= self.settle:
            raise ConfigurationError("0 <= settle time < age limit does not hold")
        if self.retention <= self.age:
            # A booking could otherwise be finished as unresolved, and forgotten, while it is still being tried.
            raise ConfigurationError("age limit < retention does not hold")

    def overdue(self, booking: Booking, now: datetime) -> bool:
        """Whether a booking is open for longer than the worker lets one be: it never gets as far as to park it."""
        if not booking.posted and booking.start + OVERDUE < now:
            return True
        return (booking.redriven_at or booking.accepted_at) + self.age + OVERDUE < now

    def reason_given_up(self, booking: Booking, now: datetime) -> Reason:
        """Why a booking that goes no further by itself waits for a person; never "too late" before its time."""
        if booking.posted:
            return Reason.OUTCOME_UNKNOWN
        return Reason.TOO_LATE if booking.start < now + self.margin else Reason.AGE_LIMIT


LEASE_BEYOND_DEADLINE_SECONDS = 15.0
OVERDUE = timedelta(hours=1)
"""Beyond its age limit, or its start, in which the worker should have come by: four times its longest wait."""
POST_ENDS_BEFORE_LEASE_SECONDS = 10.0
