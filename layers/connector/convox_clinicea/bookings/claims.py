"""Keys of the items that assign a number, an appointment or a patient's start to a booking (rule 6)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from convox_clinicea.bookings.record import Booking, timestamp
from convox_clinicea.deadline import fresh_token
from convox_clinicea.errors import raise_alone
from convox_clinicea.items import SCHEMA, UnreadableRecord, require_readable
from convox_clinicea.table import WRITE_TOKEN, ConditionFailed, Item, Table
from convox_clinicea.text import id_spellings, same_id

SCHEMA_VERSION = 1
ATTRIBUTES = frozenset({"pk", "booking_id", "expires_at", WRITE_TOKEN, SCHEMA})
OURS_OR_FREE = "attribute_not_exists(pk) OR booking_id = :booking"
_ALWAYS = "attribute_exists(pk) OR attribute_not_exists(pk)"
_NUMBER = "creating#"


def number_lock_key(booking: Booking) -> str:
    """Return the key of the lock on creating a patient for the booking's number."""
    return f"{_NUMBER}{booking.number_key}"


def open_bookings_key(caller: str, person_key: str) -> str:
    """Return the key of the item that lists a person's bookings with a client, see `OpenBookings`."""
    return f"person#{caller}#{person_key}"


def of_number(key: str) -> bool:
    """Return whether the key is that of a lock on a number."""
    return key.startswith(_NUMBER)


def appointment_keys(appointment_id: str) -> list[str]:
    """Return the key of an appointment's claim, then the keys of earlier releases."""
    return [f"appointment#{each}" for each in id_spellings(appointment_id)]


def same_visit(one: Booking, other: Booking) -> bool:
    """Return whether two bookings of a patient are the same visit: start, and clinic and practitioner if known."""
    return (
        one.start == other.start
        and _may_be(one.clinic_id, other.clinic_id)
        and _may_be(one.practitioner_id, other.practitioner_id)
    )


def slot_keys(patient_id: str, start: datetime) -> list[str]:
    """Return the key of a lock on a patient's start, then the keys of earlier releases."""
    return [f"slot#{each}#{timestamp(start)}" for each in id_spellings(patient_id)]


def item_of(key: str, booking_id: str, expires_at: datetime) -> Item:
    """Return the item that assigns `key` to a booking."""
    return {
        "pk": {"S": key},
        "booking_id": {"S": booking_id},
        "expires_at": {"N": str(int(expires_at.timestamp()))},
        SCHEMA: {"N": str(SCHEMA_VERSION)},
        WRITE_TOKEN: {"S": fresh_token()},
    }


def booking_of(item: Item | None) -> str | None:
    """Return the booking that an item belongs to; raises UnreadableRecord."""
    require_readable(item or {}, SCHEMA_VERSION, ATTRIBUTES)
    return None if item is None or "booking_id" not in item else item["booking_id"]["S"]


def free_all(table: Table, booking: Booking) -> None:
    """Remove the booking's locks on number and start, and its claim of an appointment. Other bookings' items stay.

    Once a booking has ended, Clinicea's calendar shows what these items protected. The list of the person's open
    bookings is removed as a whole; the others on it are counted anew.

    Raises:
        UnreadableRecord: a later release wrote one of them; it stays.
    """
    keys = [] if booking.number_key is None else [number_lock_key(booking)]
    keys += [] if booking.patient_id is None else slot_keys(booking.patient_id, booking.start)
    keys += [] if booking.appointment_id is None else appointment_keys(booking.appointment_id)
    for key in keys:
        try:
            table.delete(key, OURS_OR_FREE, {":booking": {"S": booking.booking_id}}, newest=SCHEMA_VERSION)
        except ConditionFailed as failed:
            booking_of(failed.standing)
    person_key = booking.number_key or booking.patient_key
    if person_key:
        try:
            table.delete(open_bookings_key(booking.caller, person_key), _ALWAYS, {}, newest=SCHEMA_VERSION)
        except ConditionFailed:
            raise_alone(UnreadableRecord("a later release has written which bookings are open"))


def owner_under(table: Table, keys: Iterable[str]) -> str | None:
    """Return the booking that holds the first assigned key of these."""
    return next(filter(None, (booking_of(table.get(key)) for key in keys)), None)


def owners_under(table: Table, keys: Iterable[str]) -> set[str]:
    """Return the bookings that hold any of these keys."""
    return set(filter(None, (booking_of(table.get(key)) for key in keys)))


def needs(holder: Booking, key: str) -> bool:
    """Return whether a booking may still create a patient or post under a lock that it acquired.

    It may not if it has ended, was parked before it posted anything, or if its content was replaced since (rule 19).
    A worker that still has the old content can no longer claim the booking.
    """
    if holder.state.ended or (holder.state.parked and not holder.posted):
        return False
    if of_number(key):
        return key == number_lock_key(holder)
    return key.endswith(f"#{timestamp(holder.start)}")


def _may_be(one: str | None, other: str | None) -> bool:
    return one is None or other is None or same_id(one, other)
