"""Keys of the items beside the bookings that say whose an appointment, or a patient's start, is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from convox_clinicea.normalization import id_spellings
from convox_clinicea.table import Item, Table, timestamp


def appointment_keys(appointment_id: str) -> list[str]:
    """Return the key of an appointment's claim, then those under which releases before may have left it."""
    return [f"appointment#{each}" for each in id_spellings(appointment_id)]


def slot_keys(patient_id: str, start: datetime) -> list[str]:
    """Return the key of a lock on a patient's start, then those of releases before."""
    return [f"slot#{each}#{timestamp(start)}" for each in id_spellings(patient_id)]


def booking_of(item: Item | None) -> str | None:
    """Return the booking that an item belongs to."""
    return None if item is None or "booking_id" not in item else item["booking_id"]["S"]


def owner_under(table: Table, keys: Iterable[str]) -> str | None:
    """Return the booking that holds the first of these keys that anybody holds."""
    return next(filter(None, (booking_of(table.get(key)) for key in keys)), None)
