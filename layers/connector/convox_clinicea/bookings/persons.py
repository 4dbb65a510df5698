"""Compares the persons of appointments and bookings by number and name: same, different, or unknown.

Lists show numbers as typed, or masked for the API role. An unreadable number proves no difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from convox_clinicea.bookings.record import Booking
from convox_clinicea.clinicea.registered import CalendarEntry
from convox_clinicea.privacy import PersonalText
from convox_clinicea.text import normalized, plain_digits

SHORTEST_NUMBER = 7
"""Digits that a text must have to count as a number."""
Key = Callable[[str], str | None]


@dataclass(frozen=True)
class Persons:
    """Compares the persons of bookings and of calendar entries.

    Attributes:
        number_key: returns the HMAC of a number in E.164; None for an invalid number.
        name_key: returns the HMAC of a name; None if names cannot be compared with a booking's.
        country: ISO 3166 code of the country that numbers without a dialling code belong to.
    """

    number_key: Key = lambda _text: None
    name_key: Key = lambda _text: None
    country: str = "IN"

    def has_number(self, booking: Booking, entry: CalendarEntry) -> bool | None:
        """Return whether an entry has the booking's number; None if it has no readable number."""
        keys = {self.number_key(each) for each in entry.numbers(self.country)} - {None}
        return booking.number_key in keys if booking.number_key is not None and keys else None

    def has_name(self, booking: Booking, entry: CalendarEntry) -> bool | None:
        """Return whether an entry has the new patient's name, perhaps after a title; None if a name is missing."""
        if not booking.newcomer:
            return None
        keys = {self.name_key(name) for each in entry.shown_names for name in _without_title(each)} - {None}
        return booking.newcomer[0] in keys if keys else None

    def same_number(self, booking: Booking, own: CalendarEntry, other: CalendarEntry) -> bool | None:
        """Return whether another entry has the number of the booking or of its own entry; None if unknown."""
        told = self.has_number(booking, other)
        if told:
            return True
        mine, theirs = own.numbers(self.country), other.numbers(self.country)
        if mine and theirs:
            return bool(mine & theirs) or _end_alike(own.mobile, other.mobile)
        if told is None and own.mobile is not None and other.mobile is not None:
            return True if normalized(own.mobile.reveal()) == normalized(other.mobile.reveal()) else None
        return told


def _without_title(name: str) -> tuple[str, ...]:
    """Return a name and, if it has three words or more, the name without its first word."""
    words = name.split()
    return (name, " ".join(words[1:])) if len(words) > 2 else (name,)


def _end_alike(one: PersonalText | None, other: PersonalText | None) -> bool:
    shorter, longer = sorted((_digits(one), _digits(other)), key=len)
    return len(shorter) >= SHORTEST_NUMBER and longer.endswith(shorter)


def _digits(mobile: PersonalText | None) -> str:
    text = "" if mobile is None else plain_digits(mobile.reveal())
    return re.sub(r"[^0-9]", "", text).lstrip("0")
