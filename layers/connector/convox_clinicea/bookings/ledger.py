"""The ledger: the DynamoDB table of bookings and calls.

Each transition is one conditional write on the record's version.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from convox_clinicea import aws
from convox_clinicea.bookings import audit, claims, pages
from convox_clinicea.bookings.pages import BookingsPage, Unreadable, read
from convox_clinicea.bookings.protocol import TRANSITIONS, Reason, State
from convox_clinicea.bookings.record import Booking, Open, from_item, key_of, to_item
from convox_clinicea.deadline import Clock, fresh_token
from convox_clinicea.errors import ConnectorError, raise_alone
from convox_clinicea.table import WRITE_TOKEN, ConditionFailed, Item, Put, Table

DEFAULT_RETENTION = timedelta(days=30)
CALL_INDEX = "call"
_ABSENT = "attribute_not_exists(pk)"
_UNCHANGED = "#version = :version"


class BookedChanges(TypedDict, total=False):
    """Fields that may change when a booking becomes `booked`."""

    acts: tuple[str, ...]
    patient_id: str | None
    reason: Reason | None


class Changes(BookedChanges, total=False):
    """Fields that may change with any other transition."""

    appointment_id: str | None
    expires_at: datetime | None
    generation: int
    lease_until: datetime | None
    notice_due: bool
    owner: str | None
    posted: bool
    queued_at: datetime
    redriven_at: datetime | None
    refusal: Reason | None
    request: bytes | None
    seen: tuple[str, ...]
    unsettled_since: datetime | None


class Overtaken(ConnectorError):
    """The record has changed since it was read."""

    retryable = True


class AppointmentOwned(ConnectorError):
    """The appointment already belongs to another booking."""


class Ledger:
    """Reads and writes bookings and their companion items."""

    def __init__(self, table: Table, clock: Clock, retention: timedelta = DEFAULT_RETENTION) -> None:
        self._table = table
        self._clock = clock
        self._retention = retention

    def get(self, booking_id: str) -> Booking | None:
        """Return the stored booking, or None; raises UnreadableRecord."""
        item = self._table.get(key_of(booking_id))
        return None if item is None else from_item(item)

    def find(self, booking_id: str) -> Booking | Unreadable | None:
        """Return the stored booking, an `Unreadable` if it cannot be read, or None."""
        item = self._table.get(key_of(booking_id))
        return None if item is None else read(item)

    def put_if_absent(self, booking: Booking, beside: Sequence[Put] = ()) -> Booking | None:
        """Store a new booking. Returns None if it was stored, else the existing one.

        Raises:
            Overtaken: a companion item has changed since it was read.
        """
        put = self.put_of(booking)
        try:
            if beside:
                self._table.put_all([put, *beside], put.item[WRITE_TOKEN]["S"])
            else:
                self._table.put(put)
        except ConditionFailed as failed:
            standing = failed.standing
            if standing.get("pk") != put.item["pk"]:
                raise_alone(Overtaken("a companion item has changed since it was read"))
        else:
            return None
        return from_item(standing)

    def in_place_of(self, standing: Booking, draft: Booking) -> Booking:
        """Return `draft` under the id of `standing`, with the next generation, which makes older messages void."""
        return replace(
            draft,
            version=standing.version + 1,
            generation=standing.generation + 1,
            acts=standing.acts,
        )

    def dropped(self, booking: Booking) -> Booking:
        """Return a parked booking as rejected, because it is no longer wanted; for a transaction."""
        return self._moved(booking, State.REJECTED, reason=Reason.NO_LONGER_WANTED)

    def put_of(self, new: Booking, standing: Booking | None = None) -> Put:
        """Return the write of `new` if there is no record, or `standing` is unchanged; for a transaction."""
        stamped = self._stamped(new)
        return Put(to_item(stamped), _ABSENT) if standing is None else self._unchanged(standing, stamped)

    def move(self, booking: Booking, to: State, *, beside: Sequence[Put] = (), **changes: Unpack[Changes]) -> Booking:
        """Move `booking`, as it was read, to another state; returns the new record.

        Args:
            beside: companion items to write in the same transaction.

        Raises:
            Overtaken: the booking has changed since it was read.
        """
        return self._replace(booking, self._moved(booking, to, **changes), beside)

    def book(
        self, booking: Booking, appointment_id: str, *, beside: Sequence[Put] = (), **changes: Unpack[BookedChanges]
    ) -> Booking:
        """Move `booking` to `booked` and claim the appointment for it, in one transaction.

        The booking also takes the lock on its patient's start (rule 6), so that the next booking finds it booked.

        Raises:
            AppointmentOwned: the appointment belongs to another booking.
            Overtaken: the booking has changed since it was read.
            UnreadableRecord: a later release holds the appointment or the start; nothing was written.
        """
        moved = self._moved(booking, State.BOOKED, appointment_id=appointment_id, **changes)
        key, *earlier = claims.appointment_keys(appointment_id)
        claim = self.claim(key, moved)
        held: list[Put] = []
        if moved.patient_id is not None:
            slot, *_ = claims.slot_keys(moved.patient_id, moved.start)
            held = [Put(self.claim(slot, moved).item)]
        if claims.owners_under(self._table, earlier) - {booking.booking_id}:
            raise AppointmentOwned("the appointment belongs to another booking")
        try:
            self._table.put_all([self._unchanged(booking, moved), claim, *held, *beside], moved.write_token)
        except ConditionFailed as failed:
            if failed.standing.get("pk") in [put.item["pk"] for put in (claim, *held)]:
                claims.booking_of(failed.standing)  # raises UnreadableRecord if a later release wrote it
            if failed.standing.get("pk") == claim.item["pk"]:
                raise_alone(AppointmentOwned("the appointment belongs to another booking"))
            raise_alone(Overtaken("the booking has changed since it was read"))
        return moved

    def acts_of(self, booking: Booking) -> list[audit.AuditEntry]:
        """Return the audit's lines of the booking, oldest first."""
        items = (self._table.get(audit.key_of(booking.booking_id, version)) for version in booking.acts)
        return [audit.from_item(item) for item in items if item is not None]

    def owner_of(self, appointment_id: str) -> str | None:
        """Return the booking that owns the appointment."""
        return claims.owner_under(self._table, claims.appointment_keys(appointment_id))

    def requeue(self, booking: Booking) -> Booking:
        """Raise the generation of an open booking before it is sent again, which makes older messages void."""
        fresh = replace(booking, generation=booking.generation + 1, queued_at=self._clock.now())
        return self._replace(booking, self._stamped(replace(fresh, version=booking.version + 1)))

    def not_sent(self, booking: Booking, *, last_queued_at: datetime) -> None:
        """Reset the time of queueing of a booking that was not sent, unless it has moved since."""
        with suppress(Overtaken):
            self._replace(
                booking, self._stamped(replace(booking, queued_at=last_queued_at, version=booking.version + 1))
            )

    def mark_notified(self, booking: Booking) -> None:
        """Record that the notice of a booking's end or parking was published (rule 17)."""
        self._replace(booking, self._stamped(replace(booking, notice_due=False, version=booking.version + 1)))

    def open_before(self, kind: Open, before: datetime) -> Iterator[Booking]:
        """Yield the readable bookings of `records_before`; unreadable records are skipped."""
        return (each for each in self.records_before(kind, before) if isinstance(each, Booking))

    def records_before(self, kind: Open, before: datetime) -> Iterator[Booking | Unreadable]:
        """Yield the records of one kind that were last queued before a moment, oldest first."""
        return pages.each_of_kind(self._table, kind, before)

    def records(self, kind: Open) -> Iterator[Booking | Unreadable]:
        """Yield all records of one kind, including those without a readable time of queueing."""
        return pages.each_of_kind(self._table, kind, None)

    def open_page(self, kind: Open, after: pages.Key | None) -> BookingsPage:
        """Return one page of `records`."""
        return pages.of_kind(self._table, kind, None, after)

    def of_call(self, caller: str, call_id: str) -> list[Booking]:
        """Return the readable bookings of one call, in the order of acceptance."""
        found = [each for each in self.records_of_call(caller, call_id) if isinstance(each, Booking)]
        return sorted(found, key=lambda booking: booking.accepted_at)

    def records_of_call(self, caller: str, call_id: str) -> Iterator[Booking | Unreadable]:
        """Yield all records of one call's bookings, in any order."""
        found = self._table.query(
            CALL_INDEX, "#call = :call", {"#call": "call"}, {":call": {"S": f"{caller}#{call_id}"}}
        )
        return map(read, found)

    def free(self, booking: Booking) -> None:
        """Remove the locks, claims and lists of an ended booking before its erasure; raises UnreadableRecord.

        Raises:
            ValueError: the booking has not ended and still needs them.
        """
        if not booking.state.ended:
            raise ValueError("a booking that has not ended keeps its items")
        claims.free_all(self._table, booking)

    def erase(self, booking: Booking, *, beside: Sequence[Put] = (), acts: tuple[str, ...] | None = None) -> Booking:
        """Reduce an ended booking to what a repeated request must find: id, state and times.

        Raises:
            Overtaken: the booking has changed since it was read.
        """
        if not booking.state.ended:
            raise ValueError("a booking that has not ended cannot be erased")
        acts = booking.acts if acts is None else acts
        left = replace(booking.erased(self._clock.now()), version=booking.version + 1, acts=acts)
        return self._replace(booking, self._stamped(left), beside)

    def page(self, filters: str, names: dict[str, str], values: Item, after: pages.Key | None) -> BookingsPage:
        """Return the bookings on one page (1 MB before the filter) of the whole ledger, in any order.

        Args:
            after: where the page starts: `after` of the previous page.
        """
        return pages.of_table(self._table, filters, names, values, after)

    def _moved(self, booking: Booking, to: State, **changes: Unpack[Changes]) -> Booking:
        if to not in TRANSITIONS[booking.state]:
            raise ValueError(f"no transition from {booking.state} to {to}")
        if to is not State.SENDING:
            changes = {"owner": None, "lease_until": None, **changes}
        # rule 17: the transition itself makes the notice due
        if to in (State.REJECTED, State.NEEDS_ATTENTION):
            changes = {"notice_due": True, **changes}
        else:
            changes = {"notice_due": False, **changes}
        if to.ended:
            # rule 15: not before the appointment has passed, because a late repeat must find its booking
            expiry = max(self._clock.now() + self._retention, booking.start + timedelta(days=2))
            changes = {**changes, "request": None, "expires_at": expiry}
        return self._stamped(replace(booking, **changes, state=to, version=booking.version + 1))

    def _replace(self, old: Booking, new: Booking, beside: Sequence[Put] = ()) -> Booking:
        try:
            if beside:
                self._table.put_all([self._unchanged(old, new), *beside], new.write_token)
            else:
                self._table.put(self._unchanged(old, new))
        except ConditionFailed:
            raise_alone(Overtaken("the booking has changed since it was read"))
        return new

    def _unchanged(self, old: Booking, new: Booking) -> Put:
        return Put(to_item(new), _UNCHANGED, {":version": {"N": str(old.version)}})

    def claim(self, key: str, booking: Booking) -> Put:
        """Return the write that assigns `key` to the booking, if it is free or the booking's own already."""
        expiry = booking.expires_at or max(self._clock.now() + self._retention, booking.start) + self._retention
        return Put(claims.item_of(key, booking.booking_id, expiry), claims.OURS_OR_FREE, _names(booking.booking_id))

    def _stamped(self, booking: Booking) -> Booking:
        return replace(booking, updated_at=self._clock.now(), write_token=fresh_token())


def _names(booking_id: str) -> Item:
    return {":booking": {"S": booking_id}}


def ledger_from(table: str, clock: Clock, retention: timedelta = DEFAULT_RETENTION) -> Ledger:
    """Build the ledger on a table."""
    return Ledger(Table(aws.dynamodb(), table), clock, retention)
