"""Locks (rule 6): one booking at a time creates a patient for a number or posts for a patient's start.

Locks are not released. The next booking takes one over from a holder that has ended or was parked before it posted
anything, on condition that the lock is unchanged: a redriven holder may have acquired it again.
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
    """The lock's holder is parked with a POST in doubt; only a person can decide its outcome."""


class AlreadyBooked(ConnectorError):
    """The lock's holder, `booking`, is booked for the same visit."""

    def __init__(self, booking: Booking) -> None:
        super().__init__("the visit is booked")
        self.booking = booking


class AlreadyRegistered(ConnectorError):
    """The holder of a number's lock has ended and created the patient of the same name, `patient_id`."""

    def __init__(self, patient_id: str) -> None:
        super().__init__("the patient is registered")
        self.patient_id = patient_id


class Locks:
    """The locks of one ledger.

    Args:
        settle: how long after its end a booking's patient and appointment may be missing from Clinicea's answers.
    """

    def __init__(self, table: Table, ledger: Ledger, clock: Clock, settle: timedelta) -> None:
        self._table = table
        self._ledger = ledger
        self._clock = clock
        self._settle = settle

    def acquire_number_lock(self, booking: Booking, *, after: Booking | None = None) -> bool:
        """Acquire (or keep) the lock that allows this booking to create a patient for its number.

        Args:
            after: a booked holder of the same visit whose appointment is certainly gone.

        Raises:
            AlreadyRegistered: the holder has ended and created the patient.
            AlreadyBooked: the holder is booked for the same person and visit, and does not know the patient's id.
            HolderParked: the holder is parked with a POST in doubt.
        """
        return self._acquire(claims.number_lock_key(booking), booking, after)

    def acquire_slot_lock(self, booking: Booking, patient_id: str, *, after: Booking | None = None) -> bool:
        """Acquire (or keep) the lock that allows this booking to post for this patient at this start.

        Args:
            after: a booked holder of the same visit whose appointment is certainly gone.

        Raises:
            AlreadyBooked: the holder is booked for the same visit.
            HolderParked: the holder, also under an earlier release's key, is parked with a POST in doubt.
        """
        key, *earlier = claims.slot_keys(patient_id, booking.start)
        return self._all_free(earlier, booking, after) and self._acquire(key, booking, after)

    def waits_for_another(self, booking: Booking) -> bool:
        """Return whether another booking holds a lock that both need; acquires nothing.

        Raises:
            UnreadableRecord: a later release wrote the lock or its holder.
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
        except AlreadyBooked:
            return False
        try:
            return patient_id is not None and not self._all_free(claims.slot_keys(patient_id, booking.start), booking)
        except HolderParked:
            return True
        except AlreadyBooked:
            return False

    def has_open_poster(self, patient_id: str, start: datetime, *, beside: Booking) -> bool:
        """Return whether another open booking has posted for the patient's start and will settle that POST itself."""
        holder_id = claims.owner_under(self._table, claims.slot_keys(patient_id, start))
        holder = None if holder_id in (None, beside.booking_id) else self._ledger.get(holder_id)
        return holder is not None and holder.posted and not (holder.state.ended or holder.state.parked)

    def creator_may_post(self, booking: Booking) -> bool:
        """Return whether a new patient's booking of this number and start was posted and has not settled.

        Clinicea may then show the patient before the appointment.

        Raises:
            HolderParked: the booking is parked with a POST in doubt.
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
            # rule 6: taken over only if unchanged since it was read
            seen: Item = {":booking": {"S": holder_id}, ":seen": failed.standing.get(WRITE_TOKEN, {"S": ""})}
            try:
                self._table.put(replace(claim, condition=_AS_SEEN, values=seen))
            except ConditionFailed:
                return False
        return True

    def _all_free(self, keys: Sequence[str], booking: Booking, after: Booking | None = None) -> bool:
        """Return whether no other booking needs these keys of one lock; raises the errors of `_is_free`."""
        others = claims.owners_under(self._table, keys) - {booking.booking_id}
        return all(self._is_free(each, keys[0], booking, after) for each in sorted(others))

    def _is_free(self, holder_id: str, key: str, booking: Booking, after: Booking | None = None) -> bool:
        """Return whether the holder no longer needs the lock; raises the errors of `acquire_…`."""
        holder = self._ledger.get(holder_id)
        if holder is None:
            return True
        # rules 6 and 19: from an ended holder, one parked before its POST, or one with replaced content
        if claims.needs(holder, key):
            if holder.state.parked:
                raise_alone(HolderParked("the lock's holder waits for a person"))
            return False
        same_person = not claims.of_number(key) or same_newcomer(holder.newcomer, booking.newcomer)
        if claims.of_number(key) and same_person and holder.patient_id:
            raise_alone(AlreadyRegistered(holder.patient_id))
        # rule 6: a booked holder
        if holder.state is not State.BOOKED or holder.appointment_id is None:
            return True
        if same_person and claims.same_visit(holder, booking) and (after is None or after.booking_id != holder_id):
            raise_alone(AlreadyBooked(holder))
        if claims.of_number(key):
            return not holder.posted or self._clock.now() >= holder.updated_at + self._settle
        return True
