"""How a call's bookings stand, in the words of the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from convox_clinicea.bookings.call_ends import CallEndBookings
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.status import BookingStatus, told_by
from convox_clinicea.bookings.waiting_bookings import WaitingBooking
from convox_clinicea.convox.defaults import RequestDefaults


class Progress(StrEnum):
    """How far a booking has come."""

    TAKEN_DOWN = "taken_down"
    BEING_BOOKED = "being_booked"
    CHECKING = "checking_the_calendar"
    BOOKED = "booked"
    REFUSED = "refused"
    PERSON = "a_person_must_look"


_PROGRESS = {
    State.ACCEPTED: Progress.TAKEN_DOWN,
    State.SENDING: Progress.BEING_BOOKED,
    State.UNKNOWN: Progress.CHECKING,
    State.BOOKED: Progress.BOOKED,
    State.REJECTED: Progress.REFUSED,
    State.NEEDS_ATTENTION: Progress.PERSON,
}


@dataclass(frozen=True)
class BookingState:
    """One booking of a call.

    Attributes:
        start: in the clinic's zone.
        booking_id: None while it waits for the call's end, or could not be made of what was recorded.
        appointment_id: Clinicea's, once it is booked, where it tells nothing of a person.
        reason: why it was refused, or why a person must look.
        problems: the fields for which what a status callback asked for could not be booked.
        at_call_end: whether it waits for the call's end.
        repeated: whether the same had been asked for before.
        changed: whether the booking stands for other content than the form.
    """

    progress: Progress
    booking_id: str | None = None
    start: datetime | None = None
    clinic_id: str | None = None
    practitioner_id: str | None = None
    appointment_id: str | None = None
    reason: Reason | None = None
    problems: tuple[str, ...] = ()
    at_call_end: bool = False
    repeated: bool = False
    changed: bool = False

    @property
    def ended(self) -> bool:
        """Whether nothing changes any more."""
        return self.progress in (Progress.BOOKED, Progress.REFUSED)


def progress_of(booking: Booking) -> Progress:
    """Return how far a booking has come."""
    return _PROGRESS[booking.state]


def state_of(
    booking: Booking, defaults: RequestDefaults, *, repeated: bool = False, changed: bool = False
) -> BookingState:
    """Return how a booking stands.

    An id that would tell whose a number is, or that an appointment stood before, is left out: a look at a booking is
    no look-up.
    """
    shown = booking.state is State.BOOKED and not told_by([booking])
    return BookingState(
        progress=progress_of(booking),
        booking_id=booking.booking_id,
        start=booking.start.astimezone(defaults.zone_at(booking.clinic_id or "")),
        clinic_id=booking.clinic_id,
        practitioner_id=booking.practitioner_id,
        appointment_id=booking.appointment_id if shown else None,
        reason=booking.reason,
        repeated=repeated,
        changed=changed,
    )


def waiting_state(waiting: WaitingBooking, defaults: RequestDefaults) -> BookingState:
    """Return how a booking stands that waits for its call's end, or could not be made at it."""
    return BookingState(
        progress=Progress.PERSON if waiting.problems else Progress.TAKEN_DOWN,
        start=waiting.start.astimezone(defaults.zone_at(waiting.clinic_id)),
        clinic_id=waiting.clinic_id,
        problems=waiting.problems,
        at_call_end=True,
    )


class BookingStates:
    """Reads how the bookings of an agent's call stand."""

    def __init__(
        self, status: BookingStatus, call_ends: CallEndBookings, defaults: RequestDefaults, client: str
    ) -> None:
        self._status = status
        self._call_ends = call_ends
        self._defaults = defaults
        self._client = client

    def of(self, call_id: str, agent_id: str) -> list[BookingState]:
        """Return what the agent asked for on the call, oldest first.

        Args:
            call_id: as ConVox said it.

        Raises:
            TableUnavailable: it cannot be read now.
        """
        found = self._status.of_call(call_id, self._client, agent_id)
        states = [state_of(each, self._defaults) for each in found.bookings]
        waiting = self._call_ends.of(self._client, agent_id, call_id)
        states += [waiting_state(each, self._defaults) for each in waiting]
        if found.not_booked:
            states.append(BookingState(Progress.PERSON, problems=found.not_booked))
        return states
