"""Decides whether bookings of a call are for one person, and which of them a new request replaces.

Another patient id, mobile, name or birth date means another person, and another booking. If the digests do not show
whether the second request corrects the first, a person decides (docs/adr/0055).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from functools import cached_property

from convox_clinicea.bookings.call import Call
from convox_clinicea.bookings.drafting import BookingIntent
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.request import BookingRequest
from convox_clinicea.text import id_key

_NO_BIRTH = "-"


class Beside(Enum):
    """What becomes of a request for which the call has another booking for the person (rules 18 and 24)."""

    WAITS_BESIDE_A_CALLBACKS = auto()
    """It waits for a person beside a status callback's booking, and is booked beside any other."""
    WAITS = auto()
    IS_REFUSED = auto()


def is_same(booking: Booking, intent: BookingIntent) -> bool:
    """Return whether booking and intent are for the same person.

    A new patient stays the same if only one of the two has a birth date, or if the words of the name are in another
    order: the worker would find the first one's patient.
    """
    if intent.names(booking.patient_key):
        return True
    return _same_number(booking, intent) and _same_name(booking, intent) and not _born_otherwise(booking, intent)


def may_be_same(booking: Booking, intent: BookingIntent) -> bool:
    """Return whether a booking that `is_same` does not match may still be the same person's."""
    if booking.erased_at is not None:
        return True
    if intent.newcomer and booking.newcomer:
        if not _same_name(booking, intent):
            return False
        return _same_number(booking, intent) or (_same_place(booking, intent) and not _born_otherwise(booking, intent))
    if intent.newcomer and booking.flow == "new_patient":
        return _same_number(booking, intent)  # made before names had digests
    if not intent.newcomer and booking.flow == "known_patient":
        return False
    numbers = {booking.number_key, intent.number_key} - {None}
    return _same_place(booking, intent) and len(numbers) < 2


def is_same_appointment(booking: Booking, intent: BookingIntent) -> bool:
    """Return whether both are for one person, clinic, start and practitioner. The service may differ."""
    return is_same(booking, intent) and _same_place(booking, intent)


def was_refused(booking: Booking) -> bool:
    """Return whether the booking certainly has no appointment and will not get one."""
    if booking.state is not State.REJECTED:
        return False
    return booking.reason is not Reason.EXPIRED_UNRESOLVED or not booking.posted


def obstacle(intent: BookingIntent, others: Sequence[Booking], elsewhere: Collection[str] = ()) -> Reason | None:
    """Return why the request must wait for a person because of the call's other bookings; None if it need not.

    Args:
        elsewhere: ids of the bookings that another agent of the call asked for. A parked one may still be made, so a
            person decides on both, unless the parked one already waits for such a decision.
    """
    # rule 18: only a booking that may be in Clinicea, or a parked one of another agent
    standing = [each for each in others if not was_refused(each) and not (each.state.parked and not each.posted)]
    parked = [each for each in others if each.booking_id in elsewhere and each.state.parked and not _waits(each)]
    if any(is_same(each, intent) for each in (*standing, *parked)):
        return Reason.CHANGED_AFTER_BOOKING
    if any(may_be_same(each, intent) for each in standing):
        return Reason.MAYBE_SAME_PERSON
    return None


def _waits(booking: Booking) -> bool:
    """Return whether the booking is parked because of another booking of its call."""
    return booking.reason in (Reason.CHANGED_AFTER_BOOKING, Reason.MAYBE_SAME_PERSON)


def _same_number(booking: Booking, intent: BookingIntent) -> bool:
    return booking.number_key is not None and booking.number_key == intent.number_key


def _same_name(booking: Booking, intent: BookingIntent) -> bool:
    return bool(booking.newcomer and intent.newcomer) and booking.newcomer[0] == intent.newcomer[0]


def _born_otherwise(booking: Booking, intent: BookingIntent) -> bool:
    births = {booking.newcomer[1], intent.newcomer[1]} - {_NO_BIRTH}
    return len(births) > 1


def _same_place(booking: Booking, intent: BookingIntent) -> bool:
    return _place(booking) == _place(intent.request) and booking.start == intent.request.start


def _place(of: Booking | BookingRequest) -> list[str | None]:
    return [None if each is None else id_key(each) for each in (of.clinic_id, of.practitioner_id)]


@dataclass(frozen=True)
class Mind:
    """One callback's request, compared with the call's bookings.

    Attributes:
        call: the call as it was read, seen from the leg of the callback's agent.
        bookings: all bookings of the call, by id.
        recorded_at: when the agent recorded the request, if ConVox says so.
    """

    call: Call
    intent: BookingIntent
    bookings: Mapping[str, Booking]
    recorded_at: datetime | None

    @cached_property
    def known(self) -> Booking | None:
        """The booking that the request already has: it is a repeat, or another agent of the call asked for the same.

        It is not a repeat if another agent asked for it and the booking's content was replaced since.
        """
        of_intent = self._booking(self.intent.wish_id)
        repeated = not self.is_newer and not self.call.is_told_elsewhere_only(self.intent.wish_id)
        if of_intent is not None and (self.is_its(of_intent) or repeated):
            return of_intent
        told = self.call.booking_ids_told
        by_flow = (each for each in self.bookings.values() if each.booking_id not in told)
        same = (each for each in by_flow if is_same_appointment(each, self.intent))
        return next((each for each in same if not was_refused(each)), None)

    @cached_property
    def current(self) -> Booking | None:
        """The last booking that this agent's callbacks asked for, for the person."""
        return None if self._theirs.wish_id is None else self._booking(self._theirs.wish_id)

    @property
    def has_others(self) -> bool:
        """Whether the call has a booking for another person that was not refused."""
        return any(not is_same(each, self.intent) and not was_refused(each) for each in self.bookings.values())

    @property
    def is_newer(self) -> bool:
        """Whether the request was certainly recorded after all others of the person on this leg."""
        return self._theirs.recorded_before(self.recorded_at)

    @property
    def is_late(self) -> bool:
        """Whether another request of the person on this leg was certainly recorded later."""
        return self._theirs.recorded_after(self.recorded_at)

    @property
    def replaceable(self) -> Booking | None:
        """The current booking, if it cannot have reached Clinicea and no other agent asked for it."""
        current = self.current
        if current is None or current.posted:
            return None
        if current.booking_id in self.call.booking_ids_elsewhere:
            return None
        return current if current.state is State.ACCEPTED or current.state.parked else None

    def dropped_for(self, booking: Booking) -> list[Booking]:
        """Return the parked, never posted bookings to withdraw after the agent has returned to `booking`.

        Bookings that another agent asked for stay.
        """
        stands = booking.stands_for == self.intent.wish_id and not booking.state.parked and not was_refused(booking)
        if not stands or not self.is_newer:
            return []
        kept = {booking.booking_id, *self.call.booking_ids_elsewhere}
        others = (each for each in self.bookings.values() if each.booking_id not in kept)
        return [each for each in others if is_same(each, self.intent) and each.state.parked and not each.posted]

    @cached_property
    def _theirs(self) -> Call:
        return self.call.of_bookings({each.booking_id for each in self.bookings.values() if is_same(each, self.intent)})

    def is_its(self, booking: Booking) -> bool:
        """Return whether the booking's content is this request, and was not withdrawn since."""
        return booking.stands_for == self.intent.wish_id and booking.reason is not Reason.NO_LONGER_WANTED

    def _booking(self, wish_id: str) -> Booking | None:
        return self.bookings.get(self.call.wishes.get(wish_id, ""))
