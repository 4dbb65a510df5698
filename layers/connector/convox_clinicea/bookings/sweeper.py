"""The sweeper: each minute, what has been left lying is picked up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice

from convox_clinicea.bookings.ledger import Ledger, Overtaken, UnreadableRecord
from convox_clinicea.bookings.limits import Limits
from convox_clinicea.bookings.notices import Notices
from convox_clinicea.bookings.queue import BookingQueue, Message, UnparsableMessage
from convox_clinicea.bookings.record import Booking, Open
from convox_clinicea.bookings.states import Reason, State
from convox_clinicea.deadline import Clock, Deadline

MOST_AT_A_TIME = 200
"""Of each kind; what is left is picked up a minute later."""
SECONDS_KEPT_BACK = 5.0


@dataclass(frozen=True)
class Swept:
    """How much was picked up.

    Attributes:
        requeued: open bookings sent anew.
        parked: bookings found among the dead letters, now waiting for a person.
        expired: parked bookings nobody resolved within the retention, now rejected.
        told: notices published that had been due.
    """

    requeued: int = 0
    parked: int = 0
    expired: int = 0
    told: int = 0


class Sweeper:
    """The service behind `sweeper`."""

    def __init__(self, *, ledger: Ledger, queue: BookingQueue, notices: Notices, clock: Clock, limits: Limits) -> None:
        self._ledger = ledger
        self._queue = queue
        self._notices = notices
        self._clock = clock
        self._limits = limits

    def sweep(self, deadline: Deadline) -> Swept:
        """Pick up what lies about, until nothing does or time is short. Raises LedgerUnavailable, QueueUnavailable."""
        swept = Swept(parked=self._park_dead_letters(deadline))
        for booking in self._fresh(Open.ON_ITS_WAY, self._limits.stuck, deadline):
            swept = replace(swept, requeued=swept.requeued + self._requeue(booking))
        for booking in self._fresh(Open.PARKED, self._limits.retention, deadline):
            swept = replace(swept, expired=swept.expired + self._finish(booking))
        for booking in self._fresh(Open.UNTOLD, timedelta(0), deadline):
            swept = replace(swept, told=swept.told + self._notices.publish(booking))
        return swept

    def _fresh(self, kind: Open, age: timedelta, deadline: Deadline) -> Iterable[Booking]:
        """Yield bookings of a kind, last queued that long ago, as the table has them now: the index lags behind it."""
        lagging = self._ledger.open_before(kind, self._clock.now() - age)
        for each in islice(lagging, MOST_AT_A_TIME):
            if deadline.remaining() < SECONDS_KEPT_BACK:
                return
            booking = self._standing(each.booking_id)
            if booking is not None and booking.open is kind and booking.queued_at <= each.queued_at:
                yield booking

    def _standing(self, booking_id: str) -> Booking | None:
        """Return the booking as it stands; one that cannot be read is none, so that it holds up no other."""
        try:
            return self._ledger.get(booking_id)
        except UnreadableRecord:
            return None

    def _requeue(self, booking: Booking) -> bool:
        if self._held(booking):
            return False
        try:
            self._queue.send(self._ledger.requeue(booking))
        except Overtaken:
            return False
        return True

    def _park_dead_letters(self, deadline: Deadline) -> int:
        parked = 0
        for letter in self._queue.dead_letters():
            if deadline.remaining() < SECONDS_KEPT_BACK:
                break
            try:
                message = Message.parse(letter.body)
            except UnparsableMessage:
                continue  # it stays where it is: the alarm rings until a person has looked at it
            booking = self._standing(message.booking_id)
            if booking is None or self._held(booking):
                continue
            if booking.open is Open.ON_ITS_WAY and message.generation >= booking.generation:
                if not self._park(booking):
                    continue
                parked += 1
            self._queue.discard(letter)
        return parked

    def _park(self, booking: Booking) -> bool:
        reason = Reason.OUTCOME_UNKNOWN if booking.posted else Reason.TOO_LATE
        try:
            if booking.state is State.SENDING:
                booking = self._ledger.move(booking, State.UNKNOWN)
            self._notices.publish(self._ledger.move(booking, State.NEEDS_ATTENTION, reason=reason))
        except Overtaken:
            return False
        return True

    def _finish(self, booking: Booking) -> bool:
        try:
            ended = self._ledger.move(booking, State.REJECTED, reason=Reason.EXPIRED_UNRESOLVED)
        except Overtaken:
            return False
        self._notices.publish(ended)
        return True

    def _held(self, booking: Booking) -> bool:
        return booking.lease_until is not None and booking.lease_until > self._clock.now()
