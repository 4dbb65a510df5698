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
        """Whether the state is final: the patient's details are deleted, and nothing changes any more."""
        return self in (State.BOOKED, State.REJECTED)

    @property
    def parked(self) -> bool:
        """Whether the booking waits for a person; it keeps the encrypted request."""
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
    """The record was restored from a backup; what happened since is unknown."""

    @property
    def by_ourselves(self) -> bool:
        """Whether our own appointment may cause this refusal, if a gateway repeated the request.

        An unknown patient or clinic has no appointment, so those refusals do not count.
        """
        return self is Reason.SLOT_TAKEN


TELLING = frozenset(
    {Reason.ALREADY_THERE, Reason.UNKNOWN_PATIENT, Reason.SEVERAL_PATIENTS, Reason.NUMBER_REGISTERED_TO_OTHER}
)
"""Reasons that reveal something about a person to the client: that an id, number or appointment exists."""

TRANSITIONS: dict[State, frozenset[State]] = {
    # `rejected` without a POST: a caller who said to be a patient is none (rule 7).
    State.ACCEPTED: frozenset({State.BOOKED, State.SENDING, State.NEEDS_ATTENTION, State.REJECTED}),
    # Back to `accepted` only if certainly nothing was carried out.
    State.SENDING: frozenset({State.BOOKED, State.REJECTED, State.UNKNOWN, State.ACCEPTED}),
    State.UNKNOWN: frozenset({State.BOOKED, State.SENDING, State.REJECTED, State.NEEDS_ATTENTION}),
    State.NEEDS_ATTENTION: frozenset({State.BOOKED, State.REJECTED, State.ACCEPTED}),
    State.BOOKED: frozenset(),
    State.REJECTED: frozenset(),
}


@dataclass(frozen=True)
class ProtocolTimings:
    """Timings of the protocol.

    Attributes:
        lease_seconds: shortest lease of an attempt; always 15 s longer than its own deadline.
        settle: time after a POST's end in which Clinicea may still commit it [assumed].
        age: time for which a booking is tried before a person must decide.
        margin: time before its start at which an appointment must be posted.
        seconds_for_a_post: seconds of the invocation that must be left when a booking is claimed.
        stuck: time since the last queueing after which the sweeper sends a booking anew: twice the longest wait.
        retention: time for which ended bookings are kept, and parked ones wait for a person.
    """

    lease_seconds: float = 45.0
    settle: timedelta = timedelta(seconds=120)
    age: timedelta = timedelta(hours=12)
    margin: timedelta = timedelta(minutes=1)
    seconds_for_a_post: float = 10.0
    stuck: timedelta = timedelta(minutes=30)
    retention: timedelta = timedelta(days=30)

    def check(self, *, worker_seconds: float, visibility_seconds: float) -> None:
        """Raise ConfigurationError, with the violated condition as its text, if the timings contradict each other."""
        if not worker_seconds + LEASE_BEYOND_DEADLINE_SECONDS <= self.lease_seconds < visibility_seconds:
            raise ConfigurationError("worker time-out + 15 s <= lease < visibility time-out does not hold")
        if self.settle < timedelta(0) or self.age <= self.settle:
            raise ConfigurationError("0 <= settle time < age limit does not hold")
        if self.retention <= self.age:
            # Otherwise a booking could end as unresolved while the worker still tries it.
            raise ConfigurationError("age limit < retention does not hold")

    def overdue(self, booking: Booking, now: datetime) -> bool:
        """Return whether a booking is open for longer than the worker allows, so the worker never got to park it."""
        if not booking.posted and booking.start + OVERDUE < now:
            return True
        return (booking.redriven_at or booking.accepted_at) + self.age + OVERDUE < now

    def reason_given_up(self, booking: Booking, now: datetime) -> Reason:
        """Return the reason for parking a booking that makes no progress; `too_late` only once that is true."""
        if booking.posted:
            return Reason.OUTCOME_UNKNOWN
        return Reason.TOO_LATE if booking.start < now + self.margin else Reason.AGE_LIMIT


LEASE_BEYOND_DEADLINE_SECONDS = 15.0
OVERDUE = timedelta(hours=1)
"""Time after its age limit or start in which the worker parks a booking itself: four times its longest wait."""
POST_ENDS_BEFORE_LEASE_SECONDS = 10.0


FIRST_SECONDS = 2.0
LONGEST_SECONDS = 900.0
LEFT_TO_A_PERSON = timedelta(minutes=10)
"""Time before its start in which a booking no longer waits for another one."""
LOOKS_OF_A_MINUTE = 4
LOOKED_AT_BY_NOW = timedelta(minutes=5)
"""Time after sending in which a worker takes a booking, unless the queue is slow."""


@dataclass(frozen=True)
class Wait:
    """The message must come again after `seconds`; `cause` is the error, if there is one."""

    seconds: float
    cause: ConnectorError | None = None


def wait_for(cause: ConnectorError | None, received: int) -> Wait:
    """Return an exponential wait with jitter, at least as long as Clinicea's Retry-After.

    Args:
        received: how often the message has been received, from 1.
    """
    longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(received, 10))
    seconds = randomness().uniform(longest / 2, longest)
    if isinstance(cause, CliniceaRateLimited) and cause.retry_after is not None:
        seconds = max(seconds, min(cause.retry_after, LONGEST_SECONDS))
    return Wait(seconds, cause)


def wait_until(latest: datetime, now: datetime, received: int) -> Wait | None:
    """Return a wait for another booking that ends before `latest`, to leave a person time; None if it has passed.

    Args:
        received: how often the message has been received, from 1; the first waits are short.
    """
    wait = wait_for(None, received)
    left = (latest - now).total_seconds()
    beforehand = left - LEFT_TO_A_PERSON.total_seconds()
    if beforehand > 0:
        return replace(wait, seconds=min(wait.seconds, beforehand))
    return wait if received <= LOOKS_OF_A_MINUTE and wait.seconds < left else None


@dataclass(frozen=True)
class Done:
    """The message's work is done, and it can be deleted.

    Attributes:
        booking: the booking's record now; None if there is none.
        ended_here: whether this message moved it to its state; False for a repeated message.
        stopped: whether its start was off by what may be a zone's offset, so that posting stopped.
    """

    booking: Booking | None
    ended_here: bool = False
    stopped: bool = False


Outcome = Done | Wait
