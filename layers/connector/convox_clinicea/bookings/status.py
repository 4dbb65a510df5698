"""How a booking stands, for the caller who made it."""

from __future__ import annotations

import re

from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.record import ID_PATTERN, Booking
from convox_clinicea.errors import NotFound


class BookingStatus:
    """The service behind `booking_status`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def of(self, booking_id: str, caller: str) -> Booking:
        """Return the caller's booking; raises NotFound for another's as for one that never was."""
        booking = self._ledger.get(booking_id) if re.fullmatch(ID_PATTERN, booking_id) else None
        if booking is None or booking.caller != caller:
            raise NotFound("no such booking")
        return booking

    def of_call(self, call_id: str, caller: str) -> list[Booking]:
        """Return the bookings that the caller made on one call; none for a call that never was."""
        return self._ledger.of_call(caller, call_id)
