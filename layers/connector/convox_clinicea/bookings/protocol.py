"""The booking protocol: states, transitions, timings and outcomes of a message."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from convox_clinicea.clinicea.errors import CliniceaRateLimited
from convox_clinicea.deadline import randomness
from convox_clinicea.errors import ConfigurationError, ConnectorError

if TYPE_CHECKING:
    from convox_clinicea.bookings.record import Booking


class State(StrEnum):
    ACCEPTED = "accepted"
    SENDING = "sending"
    UNKNOWN = "unknown"
    BOOKED = "booked"
    REJECTED = "rejected"
    NEEDS_ATTENTION = "needs_attention"

    @property
    def ended(self) -> bool:
        """Terminal: the patient's details have been dropped, and nothing changes any more."""
        return self in (State.BOOKED, State.REJECTED)

    @property
    def parked(self) -> bool:
        """Waits for a person; keeps the encrypted request."""
        return self is State.NEEDS_ATTENTION


class Reason(StrEnum):
    """Reason for a booking's state; a closed list of the contract."""

    ALREADY_THERE = "already_there"
    SLOT_TAKEN = "slot_taken"
    UNKNOWN_PATIENT = "unknown_patient"
    UNKNOWN_CLINIC = "unknown_clinic"
    SEVERAL_PATIENTS = "several_patients"
    NUMBER_REGISTERED_TO_OTHER = "number_registered_to_other"
    OUTCOME_UNKNOWN = "outcome_unknown"
    CHANGED_AFTER_BOOKING = "changed_after_booking"
    MAYBE_SAME_PERSON = "maybe_same_person"
    NO_LONGER_WANTED = "no_longer_wanted"
    TOO_LATE = "too_late"
    AGE_LIMIT = "age_limit"
    WAITS_FOR_OTHER_BOOKING = "waits_for_other_booking"
    EXPIRED_UNRESOLVED = "expired_unresolved"
    REFUSED = "refused"
    RESTORED = "restored"
    """Its record came back from a backup; what became of it since is not known."""

    @property
    def by_ourselves(self) -> bool:
        """Whether the appointment that is refused so may itself be the cause: a gateway has repeated the request.

        A patient or a clinic that Clinicea does not know has no appointment.
        """
        return self is Reason.SLOT_TAKEN


TELLING = frozenset(
    {Reason.ALREADY_THERE, Reason.UNKNOWN_PATIENT, Reason.SEVERAL_PATIENTS, Reason.NUMBER_REGISTERED_TO_OTHER}
)
"""What tells whoever sent the booking something of a person: that an id, a number or an appointment exists."""

TRANSITIONS: dict[State, frozenset[State]] = {
    State.ACCEPTED: frozenset({State.BOOKED, State.SENDING, State.NEEDS_ATTENTION}),
    # Back to `accepted` only when it is certain that nothing was ever carried out.
    State.SENDING: frozenset({State.BOOKED, State.REJECTED, State.UNKNOWN, State.ACCEPTED}),
    State.UNKNOWN: frozenset({State.BOOKED, State.SENDING, State.REJECTED, State.NEEDS_ATTENTION}),
    State.NEEDS_ATTENTION: frozenset({State.BOOKED, State.REJECTED, State.ACCEPTED}),
    State.BOOKED: frozenset(),
    State.REJECTED: frozenset(),
}


@dataclass(frozen=True)
class ProtocolTimings:
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


FIRST_SECONDS = 2.0
LONGEST_SECONDS = 900.0
LEFT_TO_A_PERSON = timedelta(minutes=10)
"""Before its start, in which a booking is waited with for no other but a minute."""
LOOKS_OF_A_MINUTE = 4
LOOKED_AT_BY_NOW = timedelta(minutes=5)
"""After a booking was sent, in which a worker has looked at it, unless the queue is slow."""


@dataclass(frozen=True)
class Wait:
    """Let the message reappear after `seconds`; `cause` is what stood in the way."""

    seconds: float
    cause: ConnectorError | None = None


def wait_for(cause: ConnectorError | None, received: int) -> Wait:
    """Return an exponential wait with jitter, at least as long as Clinicea asked for.

    Args:
        received: how often the message has been received, from 1.
    """
    longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(received, 10))
    seconds = randomness().uniform(longest / 2, longest)
    if isinstance(cause, CliniceaRateLimited) and cause.retry_after is not None:
        seconds = max(seconds, min(cause.retry_after, LONGEST_SECONDS))
    return Wait(seconds, cause)


def wait_until(latest: datetime, now: datetime, received: int) -> Wait | None:
    """Return a wait for another booking that leaves a person time before `latest`; None if there is none to leave.

    Args:
        received: how often the message has been received, from 1; the first waits are short, and end before `latest`.
    """
    wait = wait_for(None, received)
    left = (latest - now).total_seconds()
    beforehand = left - LEFT_TO_A_PERSON.total_seconds()
    if beforehand > 0:
        return replace(wait, seconds=min(wait.seconds, beforehand))
    return wait if received <= LOOKS_OF_A_MINUTE and wait.seconds < left else None


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
