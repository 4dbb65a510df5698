"""What an agent's leg of a call has asked for, for the one person whom a status callback is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from convox_clinicea.bookings.call import Call
from convox_clinicea.bookings.drafting import Wish
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.same_person import is_same, is_same_appointment, was_refused
from convox_clinicea.bookings.states import Reason, State


@dataclass(frozen=True)
class Mind:
    """One callback's wish beside what stands of the call.

    Attributes:
        call: as it was read, turned to the leg of the callback's agent.
        bookings: all of the call's, by id.
        recorded_at: when the agent recorded the wish, where ConVox tells.
    """

    call: Call
    wish: Wish
    bookings: Mapping[str, Booking]
    recorded_at: datetime | None

    @cached_property
    def known(self) -> Booking | None:
        """The booking that the wish has already: it is a repeat, or somebody else of the call has asked for the same.

        Another agent's wish whose booking stands for something else by now was not this agent's: it is no repeat.
        """
        of_wish = self._booking(self.wish.wish_id)
        repeated = not self.is_newer and not self.call.is_told_elsewhere_only(self.wish.wish_id)
        if of_wish is not None and (self.is_its(of_wish) or repeated):
            return of_wish
        told = self.call.booking_ids_told
        by_flow = (each for each in self.bookings.values() if each.booking_id not in told)
        return next((each for each in by_flow if is_same_appointment(each, self.wish) and not was_refused(each)), None)

    @cached_property
    def current(self) -> Booking | None:
        """The booking that this agent's callbacks have last asked for, for that person."""
        return None if self._theirs.wish_id is None else self._booking(self._theirs.wish_id)

    @property
    def has_others(self) -> bool:
        """Whether the call has a booking for somebody else that was not refused."""
        return any(not is_same(each, self.wish) and not was_refused(each) for each in self.bookings.values())

    @property
    def is_newer(self) -> bool:
        """Whether the wish was certainly recorded after all others of that person on this leg."""
        return self._theirs.recorded_before(self.recorded_at)

    @property
    def is_late(self) -> bool:
        """Whether something of that person was certainly recorded after the wish on this leg."""
        return self._theirs.recorded_after(self.recorded_at)

    @property
    def replaceable(self) -> Booking | None:
        """The current booking, if nothing of its content can have reached Clinicea, and no other agent asked for it."""
        current = self.current
        if current is None or current.posted:
            return None
        if current.booking_id in self.call.booking_ids_elsewhere:
            return None
        return current if current.state is State.ACCEPTED or current.state.parked else None

    def dropped_for(self, booking: Booking) -> list[Booking]:
        """Return what is not wanted any more, now that the agent has returned to `booking`: parked, never posted.

        What another agent has asked for is theirs to give up.
        """
        stands = booking.stands_for == self.wish.wish_id and not booking.state.parked and not was_refused(booking)
        if not stands or not self.is_newer:
            return []
        kept = {booking.booking_id, *self.call.booking_ids_elsewhere}
        others = (each for each in self.bookings.values() if each.booking_id not in kept)
        return [each for each in others if is_same(each, self.wish) and each.state.parked and not each.posted]

    @cached_property
    def _theirs(self) -> Call:
        return self.call.of_bookings({each.booking_id for each in self.bookings.values() if is_same(each, self.wish)})

    def is_its(self, booking: Booking) -> bool:
        """Whether the booking stands for the wish, and was not given up for another one since."""
        return booking.stands_for == self.wish.wish_id and booking.reason is not Reason.NO_LONGER_WANTED

    def _booking(self, wish_id: str) -> Booking | None:
        return self.bookings.get(self.call.wishes.get(wish_id, ""))
