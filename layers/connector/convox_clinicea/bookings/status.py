"""How a booking stands, for the caller who made it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from convox_clinicea.bookings.calls import Calls
from convox_clinicea.bookings.ledger import Ledger, UnreadableRecord
from convox_clinicea.bookings.record import ID_PATTERN, Booking
from convox_clinicea.errors import NotFound


@dataclass(frozen=True)
class CallBookings:
    """What is known of a call.

    Attributes:
        bookings: in the order in which they were accepted.
        not_booked: the fields for which the last appointment that it asked for could not be taken; `body` if its
            callback could not be read.
    """

    bookings: Sequence[Booking]
    not_booked: tuple[str, ...] = ()


class BookingStatus:
    """The service behind `booking_status`."""

    def __init__(self, ledger: Ledger, calls: Calls) -> None:
        self._ledger = ledger
        self._calls = calls

    def of(self, booking_id: str, caller: str) -> Booking:
        """Return the caller's booking; raises NotFound for another's as for one that never was."""
        booking = self._ledger.get(booking_id) if re.fullmatch(ID_PATTERN, booking_id) else None
        if booking is None or booking.caller != caller:
            raise NotFound("no such booking")
        return booking

    def of_call(self, call_id: str, caller: str) -> CallBookings:
        """Return what the caller asked for on one call; nothing for a call that never was.

        What status callbacks asked for is named by the call's own item, and each booking is read by its id: both reads
        are consistent. What a flow function took is named by an index alone, which lags by a second or so.
        """
        call = self._calls.get(caller, call_id)
        named = chain(call.wishes.values(), (each.booking_id for each in self._ledger.of_call(caller, call_id)))
        found = filter(None, map(self._standing, dict.fromkeys(named)))
        bookings = [each for each in found if (each.caller, each.call_id) == (caller, call_id)]
        return CallBookings(sorted(bookings, key=lambda each: each.accepted_at), call.problems)

    def _standing(self, booking_id: str) -> Booking | None:
        """Return the booking as it stands; one that cannot be read hides no other."""
        try:
            return self._ledger.get(booking_id)
        except UnreadableRecord:
            return None
