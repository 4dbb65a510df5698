"""The sweeper (rule 12): handles stuck bookings, dead letters and overdue notices each minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from convox_clinicea import aws
from convox_clinicea.bookings.ledger import Ledger, Overtaken, ledger_from
from convox_clinicea.bookings.listing import Backlog, Waiting
from convox_clinicea.bookings.locks import Locks
from convox_clinicea.bookings.messages import (
    BookingQueue,
    DeadLetterQueue,
    Message,
    Notices,
    QueueUnavailable,
    UnparsableMessage,
    dead_letters_from,
    notices_from,
    queue_from,
)
from convox_clinicea.bookings.protocol import LEFT_TO_A_PERSON, LOOKED_AT_BY_NOW, ProtocolTimings, Reason, State
from convox_clinicea.bookings.record import Booking, Open
from convox_clinicea.bookings.waiting_bookings import NotMade, making_from
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.errors import ConnectorError
from convox_clinicea.function import Function
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.settings import SweepSettings
from convox_clinicea.table import Table, TableUnavailable

MOST_AT_A_TIME = 200
"""Records of each kind in one run; the rest is handled a minute later."""
SECONDS_KEPT_BACK = 5.0


@dataclass(frozen=True)
class Swept:
    """Counts of one run.

    Attributes:
        requeued: open bookings sent anew.
        parked: bookings that now wait for a person: dead letters, open for too long, or waiting for another booking
            shortly before their start.
        expired: parked bookings that nobody resolved within the retention, now rejected.
        told: due notices that were published.
        made: bookings that had waited for the end of a call without a status callback.
    """

    requeued: int = 0
    parked: int = 0
    expired: int = 0
    told: int = 0
    made: int = 0


class Sweeper:
    """The service behind `sweeper`."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        locks: Locks,
        queue: BookingQueue,
        dead_letters: DeadLetterQueue,
        notices: Notices,
        clock: Clock,
        limits: ProtocolTimings,
        make_waiting: Callable[[Deadline], int] = lambda _deadline: 0,
    ) -> None:
        self._ledger = ledger
        self._locks = locks
        self._queue = queue
        self._dead_letters = dead_letters
        self._notices = notices
        self._clock = clock
        self._limits = limits
        self._make_waiting = make_waiting

    def sweep(self, deadline: Deadline) -> Swept:
        """Run all tasks until nothing is left or time is short.

        Raises:
            TableUnavailable, QueueUnavailable, NotMade: the first failure; unaffected tasks are done.
        """
        # rule 12: a failure of one task does not stop the others; rule 17: due notices
        tasks = (
            ("parked", self._park_dead_letters),
            ("parked", self._park_overdue),
            ("parked", self._park_before_start),
            ("requeued", self._requeue_stuck),
            ("expired", self._finish_expired),
            ("told", self._tell),
            ("made", self._make_waiting),
        )
        done: Counter[str] = Counter()
        failure: ConnectorError | None = None
        for name, task in tasks:
            try:
                done[name] += task(deadline)
            except (TableUnavailable, QueueUnavailable, NotMade) as error:
                failure = failure or error  # a failure of the queue must not delay the notices
        if failure is not None:
            raise failure
        return Swept(**done)

    def _park_overdue(self, deadline: Deadline) -> int:
        """Park bookings that the worker should have parked long ago: their messages fail or do not arrive."""
        now = self._clock.now()
        overdue = self._fresh(
            Open.ON_ITS_WAY, self._limits.stuck, deadline, lambda found: self._limits.overdue(found, now)
        )
        return sum(self._park(booking) for booking in overdue if not self._held(booking))

    def _park_before_start(self, deadline: Deadline) -> int:
        """Park bookings that wait for another one shortly before their start, so that a person can still make them.

        The worker usually does so itself, unless the queue is too slow.
        """
        now = self._clock.now()
        soon = self._fresh(Open.ON_ITS_WAY, LOOKED_AT_BY_NOW, deadline, lambda found: _starts_soon(found, now))
        return sum(
            self._park(booking, Reason.WAITS_FOR_OTHER_BOOKING)
            for booking in soon
            if _starts_soon(booking, now) and self._waits_for_another(booking)
        )

    def _waits_for_another(self, booking: Booking) -> bool:
        try:
            return self._locks.waits_for_another(booking)
        except UnreadableRecord:
            return False  # the worker waits for a release that can read it

    def _requeue_stuck(self, deadline: Deadline) -> int:
        sent, failure = 0, None
        for booking in self._fresh(Open.ON_ITS_WAY, self._limits.stuck, deadline):
            try:
                sent += self._requeue(booking)
            except QueueUnavailable as error:
                failure = error  # perhaps this booking's alone: go on with the others
        if failure is not None:
            raise failure
        return sent

    def _finish_expired(self, deadline: Deadline) -> int:
        """End parked bookings past the retention, even if the notice of their parking was never published."""
        return sum(
            self._finish(booking)
            for kind in (Open.PARKED, Open.NOTICE_PENDING)
            for booking in self._fresh(kind, self._limits.retention, deadline, lambda found: found.state.parked)
        )

    def _tell(self, deadline: Deadline) -> int:
        return sum(self._notices.publish(each) for each in self._fresh(Open.NOTICE_PENDING, timedelta(0), deadline))

    def _fresh(
        self, kind: Open, age: timedelta, deadline: Deadline, wanted: Callable[[Booking], bool] = lambda _found: True
    ) -> Iterable[Booking]:
        """Yield bookings of a kind that were last queued that long ago, read from the table because the index lags.

        Args:
            wanted: filter; other bookings do not count towards the limit of a run.
        """
        lagging = self._ledger.open_before(kind, self._clock.now() - age)
        for each in islice(filter(wanted, lagging), MOST_AT_A_TIME):
            if deadline.remaining() < SECONDS_KEPT_BACK:
                return
            booking = self._standing(each.booking_id)
            if booking is not None and booking.open is kind and booking.queued_at <= each.queued_at:
                yield booking

    def _standing(self, booking_id: str) -> Booking | None:
        """Return the stored booking; None if it cannot be read, so that it does not block others (rule 23).

        An unreadable record stays as it is, and `backlog` counts it each minute. Once a release can read it, the
        sweeper sends it anew, even if its message expired long ago.
        """
        try:
            return self._ledger.get(booking_id)
        except UnreadableRecord:
            return None

    def _requeue(self, booking: Booking) -> bool:
        if self._held(booking):
            return False
        try:
            requeued = self._ledger.requeue(booking)
        except Overtaken:
            return False
        try:
            self._queue.send(requeued)
        except QueueUnavailable:
            # Otherwise it would count as just sent and wait for another half hour. If the message was sent and only
            # the acknowledgement was lost, the next generation makes that message an old one.
            self._ledger.not_sent(requeued, last_queued_at=booking.queued_at)
            raise
        return True

    def _park_dead_letters(self, deadline: Deadline) -> int:
        """Park the bookings of dead letters at once, although the ledger might let them go on.

        The queue gave them up for a reason outside the protocol: its own waiting ends at the age limit, long before the
        last receive. Sent anew, they would fail again, without end.
        """
        parked = 0
        for letter in self._dead_letters.letters():
            if deadline.remaining() < SECONDS_KEPT_BACK:
                break
            try:
                message = Message.parse(letter.body)
            except UnparsableMessage:
                continue  # it stays in the queue, and the alarm goes on until a person has handled it
            booking = self._standing(message.booking_id)
            if booking is None or self._held(booking):
                continue
            if booking.open is Open.ON_ITS_WAY and message.generation >= booking.generation:
                if not self._park(booking):
                    continue
                parked += 1
            self._dead_letters.discard(letter)
        return parked

    def _park(self, booking: Booking, reason: Reason | None = None) -> bool:
        reason = reason or self._limits.reason_given_up(booking, self._clock.now())
        try:
            if booking.state is State.SENDING:  # rule 4: after the lease the outcome is unknown
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


def _starts_soon(booking: Booking, now: datetime) -> bool:
    """Return whether a never posted booking starts within the time reserved for a person."""
    return not booking.posted and now <= booking.start < now + LEFT_TO_A_PERSON


def sweeper_from(settings: SweepSettings, clock: Clock, logger: Logger, metrics: Metrics) -> Sweeper:
    """Build the sweeper."""
    limits = ProtocolTimings(
        age=timedelta(hours=settings.age_limit_hours), retention=timedelta(days=settings.retention_days)
    )
    ledger = ledger_from(settings.ledger_table, clock, limits.retention)
    notices = notices_from(settings, ledger, logger)
    locks = Locks(Table(aws.dynamodb(), settings.ledger_table), ledger, clock, limits.settle)
    return Sweeper(
        ledger=ledger,
        locks=locks,
        queue=queue_from(settings),
        dead_letters=dead_letters_from(settings),
        notices=notices,
        clock=clock,
        limits=limits,
        make_waiting=making_from(settings, clock, metrics),
    )


Parts = tuple[Sweeper, Backlog]


def sweep_parts(function: Function[Parts]) -> Parts:
    """Build sweeper and backlog from the function's environment."""
    settings = SweepSettings.from_environment()
    backlog = Backlog(ledger_from(settings.ledger_table, function.clock), function.clock)
    return sweeper_from(settings, function.clock, function.logger, function.metrics), backlog


def count_open(function: Function[Parts], swept: Mapping[str, int], waiting: Waiting) -> None:
    """Emit the metrics of a run and of the open bookings; log an error if records cannot be read."""
    for name, count in swept.items():
        function.metrics.add_metric(f"Swept{name.title()}", MetricUnit.Count, count)
    function.metrics.add_metric("OpenBookings", MetricUnit.Count, waiting.on_their_way)
    function.metrics.add_metric("OldestOpenBooking", MetricUnit.Seconds, round(waiting.oldest_seconds))
    function.metrics.add_metric("ParkedBookings", MetricUnit.Count, waiting.parked)
    function.metrics.add_metric("UnreadableRecords", MetricUnit.Count, waiting.unreadable)
    if waiting.unreadable:
        function.logger.error("records cannot be read", extra={"count": waiting.unreadable})
