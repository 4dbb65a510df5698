"""Locks: one booking at a time creates a patient for a number or posts for a patient's start.

A lock is not given back. Whoever comes next takes it from a booking that has ended, or was parked before it had posted
anything, as it was seen: unless that booking, redriven meanwhile, has held it anew since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from convox_clinicea.bookings import claims
from convox_clinicea.bookings.identity import same_newcomer
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.protocol import State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.deadline import Clock
from convox_clinicea.errors import ConnectorError, raise_alone
from convox_clinicea.table import WRITE_TOKEN, ConditionFailed, Item, Table

_AS_SEEN = f"booking_id = :booking AND {WRITE_TOKEN} = :seen"


class HolderParked(ConnectorError):
    """The booking that holds the lock was posted and waits for a person; nobody else can tell what became of it."""


class AlreadyBooked(ConnectorError):
    """The booking that holds the lock is booked, for the same visit: `booking`."""

    def __init__(self, booking: Booking) -> None:
        super().__init__("the visit is booked")
        self.booking = booking


class AlreadyRegistered(ConnectorError):
    """The booking that holds a number's lock has ended, and made a patient of the same name: `patient_id`."""

    def __init__(self, patient_id: str) -> None:
        super().__init__("the patient is registered")
        self.patient_id = patient_id


class Locks:
    """The locks of one ledger.

    Args:
        settle: how long after its end a booking's patient and appointment may still be missing in Clinicea's answers.
    """

    def __init__(self, table: Table, ledger: Ledger, clock: Clock, settle: timedelta) -> None:
        self._table = table
        self._ledger = ledger
        self._clock = clock
        self._settle = settle

    def acquire_number_lock(self, booking: Booking) -> bool:
        """Acquire (or keep) the lock that allows this booking to create a patient for its number.

        Raises:
            AlreadyRegistered: its holder has ended, and knows the patient.
            HolderParked: its holder waits for a person, with a POST in doubt.
        """
        return self._acquire(claims.number_lock_key(booking), booking)

    def acquire_slot_lock(self, booking: Booking, patient_id: str, *, after: Booking | None = None) -> bool:
        """Acquire (or keep) the lock that allows this booking to post for this patient at this start.

        Args:
            after: a booked holder of the same visit whose appointment is known to be gone.

        Raises:
            AlreadyBooked: its holder is booked for the same visit.
            HolderParked: its holder, under an earlier release's key too, waits for a person with a POST in doubt.
        """
        key, *earlier = claims.slot_keys(patient_id, booking.start)
        return self._all_free(earlier, booking, after) and self._acquire(key, booking, after)

    def waits_for_another(self, booking: Booking) -> bool:
        """Whether another booking holds, and needs, what this one needs; nothing is taken.

        Raises:
            UnreadableRecord: a later release has written what tells.
        """
        patient_id = booking.patient_id
        try:
            if patient_id is not None:
                if self.creator_may_post(booking):
                    return True
            elif not self._all_free([claims.number_lock_key(booking)], booking):
                return True
        except AlreadyRegistered as found:
            patient_id = found.patient_id
        except HolderParked:
            return True
        try:
            return patient_id is not None and not self._all_free(claims.slot_keys(patient_id, booking.start), booking)
        except HolderParked:
            return True
        except AlreadyBooked:
            return False

    def has_open_poster(self, patient_id: str, start: datetime, *, beside: Booking) -> bool:
        """Whether another booking has posted for the patient's start and will itself find out what became of that."""
        holder_id = claims.owner_under(self._table, claims.slot_keys(patient_id, start))
        holder = None if holder_id in (None, beside.booking_id) else self._ledger.get(holder_id)
        return holder is not None and holder.posted and not (holder.state.ended or holder.state.parked)

    def creator_may_post(self, booking: Booking) -> bool:
        """Whether a newcomer's booking of this one's number and start was posted, and may show its patient alone.

        Raises:
            HolderParked: it waits for a person.
        """
        if booking.number_key is None:
            return False
        key = claims.number_lock_key(booking)
        holder_id = claims.owner_under(self._table, [key])
        holder = self._ledger.get(holder_id) if holder_id not in (None, booking.booking_id) else None
        if holder is None or not holder.posted or holder.start != booking.start:
            return False
        return not self._is_free(holder.booking_id, key, booking)

    def _acquire(self, key: str, booking: Booking, after: Booking | None = None) -> bool:
        claim = self._ledger.claim(key, booking)
        try:
            self._table.put(claim)
        except ConditionFailed as failed:
            holder_id = claims.booking_of(failed.standing) or ""
            if not self._is_free(holder_id, key, booking, after):
                return False
            seen: Item = {":booking": {"S": holder_id}, ":seen": failed.standing.get(WRITE_TOKEN, {"S": ""})}
            try:
                self._table.put(replace(claim, condition=_AS_SEEN, values=seen))
            except ConditionFailed:
                return False
        return True

    def _all_free(self, keys: Sequence[str], booking: Booking, after: Booking | None = None) -> bool:
        """Whether nobody else needs any of these locks, of which all are on the same; raises as `_is_free` does."""
        others = claims.owners_under(self._table, keys) - {booking.booking_id}
        return all(self._is_free(each, keys[0], booking, after) for each in sorted(others))

    def _is_free(self, holder_id: str, key: str, booking: Booking, after: Booking | None = None) -> bool:
        """Whether the holder needs the lock no more; raises as its callers do."""
        holder = self._ledger.get(holder_id)
        if holder is None:
            return True
        if claims.needs(holder, key):
            if holder.state.parked:
                raise_alone(HolderParked("the lock's holder waits for a person"))
            return False
        if claims.of_number(key) and holder.patient_id and same_newcomer(holder.newcomer, booking.newcomer):
            raise_alone(AlreadyRegistered(holder.patient_id))
        if holder.state is not State.BOOKED or holder.appointment_id is None:
            return True
        if claims.of_number(key):
            return not holder.posted or self._clock.now() >= holder.updated_at + self._settle
        if claims.same_visit(holder, booking) and (after is None or after.booking_id != holder_id):
            raise_alone(AlreadyBooked(holder))
        return True
