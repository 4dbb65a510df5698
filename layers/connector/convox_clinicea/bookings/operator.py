"""Operator service: redrives and resolves parked bookings (rule 20).

Every action goes through the ledger's protocol. Nothing is sent to Clinicea from here: the worker takes a redriven
booking like any other, and settles an earlier POST first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal

from convox_clinicea import aws
from convox_clinicea.announcements import AnnouncedCall, AnnouncedCalls, Key
from convox_clinicea.bookings.audit import AUDIT_RETENTION, AuditEntry, OperatorAction, Person
from convox_clinicea.bookings.ledger import AppointmentOwned, Ledger, Overtaken, ledger_from
from convox_clinicea.bookings.listing import Filter, ListCursor, Listed, Listing
from convox_clinicea.bookings.messages import BookingQueue, QueueUnavailable
from convox_clinicea.bookings.pages import Unreadable
from convox_clinicea.bookings.protocol import ProtocolTimings, State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.task_list import Tasks
from convox_clinicea.bookings.tasks import Task
from convox_clinicea.deadline import Clock
from convox_clinicea.function import Function
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.settings import ActionSettings
from convox_clinicea.table import Table


class Obstacle(StrEnum):
    """Reason why an action was not done."""

    NOT_FOUND = "not_found"
    UNREADABLE = "unreadable"
    """The record has a later version, or is broken."""
    NOT_PARKED = "not_parked"
    """Only parked bookings can be redriven or resolved."""
    STARTED = "started"
    """Its start has passed and it was never posted: it can no longer be booked."""
    NO_CONTENT = "no_content"
    """Its content was not in the backup: it can no longer be booked."""
    NOT_SETTLED = "not_settled"
    """Its last POST may still be carried out; check Clinicea again after the settle time."""
    APPOINTMENT_OWNED = "appointment_owned"
    """The appointment belongs to another booking."""
    CHANGED_MEANWHILE = "changed_meanwhile"


@dataclass(frozen=True)
class ActionResult:
    """Result of one action.

    Attributes:
        booking: the booking after the action; None if there is none.
        obstacle: why nothing was done; None if it was done, or would be without the dry run.
        act: the audit's line, if it was done.
        sent: whether the queue confirmed a redriven booking's message; if not, the sweeper sends it.
        owner_id: the booking that owns the appointment.
    """

    booking_id: str
    booking: Booking | None = None
    obstacle: Obstacle | None = None
    act: AuditEntry | None = None
    sent: bool = False
    owner_id: str | None = None


class OperatorService:
    """The service behind `booking_actions`."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        queue: BookingQueue,
        clock: Clock,
        limits: ProtocolTimings,
        announced: AnnouncedCalls,
        tasks: Tasks,
    ) -> None:
        self._ledger = ledger
        self._queue = queue
        self._clock = clock
        self._limits = limits
        self._announced = announced
        self.tasks = tasks
        self._listing = Listing(ledger, clock)

    def listed(self, wanted: Filter, after: ListCursor | None = None) -> Listed:
        """Return the next part of the bookings that match the filter."""
        return self._listing.part(wanted, after)

    def calls_without_end(
        self, older_than: timedelta, after: Key | None = None
    ) -> tuple[list[AnnouncedCall], Key | None]:
        """Return a page of calls without a status callback, announced that long ago, and where the next page starts."""
        return self._announced.without_end(older_than, after)

    def shown(self, booking_id: str) -> tuple[Booking, list[AuditEntry]] | None:
        """Return a booking and its lines of the audit; raises UnreadableRecord."""
        booking = self._ledger.get(booking_id)
        return None if booking is None else (booking, self._ledger.acts_of(booking))

    def found(self, booking_id: str) -> Booking | Unreadable | None:
        """Return a booking, an `Unreadable` if it cannot be read, or None."""
        return self._ledger.find(booking_id)

    def full_task(self, task_id: str, person: Person) -> tuple[Task, AuditEntry] | None:
        """Return a task whose patient is about to be shown to that person, and the audit's line of it."""
        task, now = self.tasks.get(task_id), self._clock.now()
        if task is None:
            return None
        act = AuditEntry(
            booking_id=task_id,
            version=int(now.timestamp() * 1000),
            at=now,
            who=person.who,
            why=person.why,
            what=OperatorAction.SHOW,
            state_before=task.stage.value,
        )
        self.tasks.note(act.put(now + AUDIT_RETENTION))
        return task, act

    def redrive(self, booking_id: str, person: Person, *, dry_run: bool = False) -> ActionResult:
        """Return a parked booking to `accepted`, with a raised generation and a fresh message.

        Its age counts anew. The record of an earlier POST stays, so that the worker looks for its appointment and lets
        it settle before the next POST. Only a refusal is forgotten, because it is to be tried again.
        """
        booking, obstacle = self._parked(booking_id)
        if booking is not None and obstacle is None and not booking.posted and self._started(booking):
            obstacle = Obstacle.STARTED
        if booking is not None and obstacle is None and booking.request is None:
            obstacle = Obstacle.NO_CONTENT
        if booking is None or obstacle is not None or dry_run:
            return ActionResult(booking_id, booking, obstacle)
        now = self._clock.now()
        # rule 20: age counted anew, a refusal forgotten, the POST and the seen ids kept
        act = AuditEntry.on(booking, OperatorAction.REDRIVE, person, now)
        try:
            redriven = self._ledger.move(
                booking,
                State.ACCEPTED,
                beside=[act.put(now + max(AUDIT_RETENTION, self._limits.retention))],
                generation=booking.generation + 1,
                queued_at=now,
                redriven_at=now,
                reason=None,
                refusal=None,
                acts=(*booking.acts, str(act.version)),
            )
        except Overtaken:
            return ActionResult(booking_id, booking, Obstacle.CHANGED_MEANWHILE)
        return ActionResult(booking_id, redriven, act=act, sent=self._send(redriven))

    def resolve(
        self,
        booking_id: str,
        end: Literal[OperatorAction.BOOKED, OperatorAction.REJECTED],
        person: Person,
        *,
        appointment_id: str | None = None,
        patient_id: str | None = None,
    ) -> ActionResult:
        """End a parked booking as decided by a person who has checked Clinicea.

        Args:
            appointment_id: for `booked`, its appointment in Clinicea, which the booking then owns.
            patient_id: the appointment's patient, if the booking has none.
        """
        booking, obstacle = self._parked(booking_id)
        # rule 20: "booked" waits too, because a late commit besides an appointment made by hand would be a second one
        if booking is not None and obstacle is None and not self._settled(booking):
            obstacle = Obstacle.NOT_SETTLED
        if booking is None or obstacle is not None:
            return ActionResult(booking_id, booking, obstacle)
        now = self._clock.now()
        act = AuditEntry.on(booking, end, person, now, appointment_id=appointment_id)
        beside = [act.put(now + max(AUDIT_RETENTION, self._limits.retention))]
        acts = (*booking.acts, str(act.version))
        try:
            if end is OperatorAction.REJECTED:
                ended = self._ledger.move(booking, State.REJECTED, beside=beside, acts=acts)
            elif appointment_id is None:
                raise ValueError("booked needs an appointment")
            else:
                ended = self._ledger.book(
                    booking,
                    appointment_id,
                    beside=beside,
                    reason=None,
                    patient_id=patient_id or booking.patient_id,
                    acts=acts,
                )
        except AppointmentOwned:
            owner_id = self._ledger.owner_of(appointment_id or "")
            return ActionResult(booking_id, booking, Obstacle.APPOINTMENT_OWNED, owner_id=owner_id)
        except Overtaken:
            return ActionResult(booking_id, booking, Obstacle.CHANGED_MEANWHILE)
        return ActionResult(booking_id, ended, act=act)

    def _parked(self, booking_id: str) -> tuple[Booking | None, Obstacle | None]:
        try:
            booking = self._ledger.get(booking_id)
        except UnreadableRecord:
            return None, Obstacle.UNREADABLE
        if booking is None:
            return None, Obstacle.NOT_FOUND
        return booking, None if booking.state.parked else Obstacle.NOT_PARKED

    def _started(self, booking: Booking) -> bool:
        return booking.start < self._clock.now() + self._limits.margin

    def _settled(self, booking: Booking) -> bool:
        return booking.unsettled_since is None or booking.unsettled_since + self._limits.settle <= self._clock.now()

    def _send(self, booking: Booking) -> bool:
        try:
            self._queue.send(booking)
        except QueueUnavailable:
            return False
        return True


def operator_service_from(settings: ActionSettings, clock: Clock) -> OperatorService:
    """Build the operator service."""
    limits = ProtocolTimings(
        settle=timedelta(seconds=settings.settle_seconds), retention=timedelta(days=settings.retention_days)
    )
    ledger = ledger_from(settings.ledger_table, clock, limits.retention)
    queue = BookingQueue(aws.sqs(), settings.queue_url)
    table = Table(aws.dynamodb(), settings.ledger_table)
    return OperatorService(
        ledger=ledger,
        queue=queue,
        clock=clock,
        limits=limits,
        announced=AnnouncedCalls(table, clock),
        tasks=Tasks(table, clock),
    )


def operator_service_of(function: Function[OperatorService]) -> OperatorService:
    """Build the service from the function's environment."""
    return operator_service_from(ActionSettings.from_environment(), function.clock)
