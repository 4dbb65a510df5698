"""Read-backs of tasks: a task ends when Clinicea's calendar shows it done, never by a tick.

Runs every 15 minutes with the comparison of calendars, at its pace, and a bounded number of calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.protocol import State
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.task_list import TaskOvertaken, Tasks
from convox_clinicea.bookings.tasks import Task, TaskKind, TaskOutcome, TaskProblem, TaskState
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.errors import CliniceaError, SetupFault
from convox_clinicea.clinicea.models import Appointment, Status
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.text import same_id

MOST_LOOKS = 100
"""Tasks of one run that are looked up in Clinicea; the next run begins with the others."""
MOST_DAYS = 5
"""Days of the calendar that one run reads, for appointments that their patient's list does not show."""
MOST_FAILURES = 3
"""Failed readings in a row after which Clinicea counts as down."""
SECONDS_FOR_A_LOOK = 10.0
FIRST_LOOK = timedelta(minutes=1)
BETWEEN_MISSES = timedelta(minutes=10)
WAITS_AT_MOST = timedelta(days=8)
"""After which a new time that the ledger does not know is not booked: what waits for a call's end is kept 7 days."""
LAPSES = timedelta(days=2)
"""After the start. Until then a person is told of a task that nobody did."""


@dataclass(frozen=True)
class TaskCounts:
    """Counts of one run.

    Attributes:
        unfinished: tasks that are waiting or open after the run.
        overdue: those whose appointment's start has passed.
        ended: tasks that ended in this run.
        unread: tasks whose appointment, or record, could not be read.
    """

    unfinished: int = 0
    overdue: int = 0
    ended: int = 0
    unread: int = 0


class TaskChecks:
    """Looks up the appointments of unfinished tasks.

    Args:
        zones: the stack's time zone first, then those of its clinics.
        by_patient: whether the API role may read a patient's appointments.
    """

    def __init__(
        self,
        *,
        tasks: Tasks,
        ledger: Ledger,
        clinicea: Clinicea,
        zones: Sequence[ZoneInfo],
        clock: Clock,
        by_patient: bool,
    ) -> None:
        self._tasks = tasks
        self._ledger = ledger
        self._clinicea = clinicea
        self._zones = zones
        self._clock = clock
        self._by_patient = by_patient

    def run(self, deadline: Deadline) -> TaskCounts:
        """Look at each unfinished task, as far as time and the number of calls allow; raises TableUnavailable."""
        look = _Look(self._clinicea, self._zones, self._by_patient, deadline)
        now = self._clock.now()
        unfinished = overdue = ended = unread = 0
        for task in list(self._tasks.unfinished()):  # a written one moves to the end of the list
            if task is None:
                unread += 1
                continue
            after = self._checked(task, now, look)
            unread += after.problem is TaskProblem.CALENDAR_UNREADABLE
            ended += after.is_done
            unfinished += not after.is_done
            overdue += after.overdue(now)
        return TaskCounts(unfinished, overdue, ended, unread)

    def _checked(self, task: Task, now: datetime, look: _Look) -> Task:
        changed = self._after_new_time(task, now) if task.stage is TaskState.WAITING else task
        if changed.stage is TaskState.OPEN and now >= task.asked_at + FIRST_LOOK and look.may_go_on():
            changed = _after_look(replace(changed, queued_at=now), look.at(changed), now)
        if not changed.is_done and task.start + LAPSES <= now:
            changed = changed.ended(TaskOutcome.LAPSED, now)
        if changed == task:
            return task
        try:
            return self._tasks.change(task, changed)
        except TaskOvertaken:
            return task  # asked for anew meanwhile: the next run looks at it

    def _after_new_time(self, task: Task, now: datetime) -> Task:
        """Return the task of a move as the booking of its new time stands."""
        try:
            booking = self._new_booking(task)
        except UnreadableRecord:
            return task  # a later release will read it
        if booking is None:
            return task.ended(TaskOutcome.NOT_MOVED, now) if task.asked_at + WAITS_AT_MOST <= now else task
        if booking.state is State.BOOKED:
            if same_id(booking.appointment_id, task.appointment_id):
                return task.ended(TaskOutcome.NOT_MOVED, now)  # the new time was the old appointment's
            return replace(task, stage=TaskState.OPEN, problem=None)
        if booking.state is State.REJECTED:
            return task.ended(TaskOutcome.NOT_MOVED, now)
        parked = booking.state is State.NEEDS_ATTENTION
        return replace(task, problem=TaskProblem.NEW_TIME_NEEDS_A_PERSON if parked else None)

    def _new_booking(self, task: Task) -> Booking | None:
        """Return the booking of the new time; another of the call's bookings may stand for it."""
        booking = None if task.new_booking_id is None else self._ledger.get(task.new_booking_id)
        if booking is not None:
            return booking
        of_call = self._ledger.of_call(task.client, task.call_id)
        return next((each for each in of_call if each.stands_for == task.new_booking_id), None)


class _Look:
    """Reads appointments in one run, within its limits."""

    def __init__(
        self,
        clinicea: Clinicea,
        zones: Sequence[ZoneInfo],
        by_patient: bool,
        deadline: Deadline,
    ) -> None:
        self._clinicea = clinicea
        self._zones = zones
        self._by_patient = by_patient
        self._deadline = deadline
        self._days: dict[date, list[Appointment] | None] = {}
        self._looks = 0
        self._failures = 0

    def may_go_on(self) -> bool:
        """Return whether one more task may be looked up."""
        in_time = self._deadline.remaining() >= SECONDS_FOR_A_LOOK
        return in_time and self._looks < MOST_LOOKS and self._failures < MOST_FAILURES

    def at(self, task: Task) -> Appointment | TaskProblem:
        """Return the task's appointment, or why it cannot be judged."""
        self._looks += 1
        by_patient = self._by_patient and task.patient_id is not None
        found = self._of_patient(task) if by_patient else None
        if isinstance(found, Appointment):
            return found
        # Perhaps it is another patient's now, because the clinic has merged two records.
        days = [self._day(day) for day in sorted({task.start.astimezone(zone).date() for zone in self._zones})]
        for each in (each for day in days if day is not None for each in day):
            if same_id(each.appointment_id, task.appointment_id):
                return each
        unread = found is TaskProblem.CALENDAR_UNREADABLE or None in days
        return TaskProblem.CALENDAR_UNREADABLE if unread else TaskProblem.NOT_SHOWN

    def _of_patient(self, task: Task) -> Appointment | TaskProblem | None:
        """Return the appointment in its patient's list; None: it is not there, or the role may not read the list."""
        patient_id = task.patient_id or ""
        try:
            found = self._read(lambda: self._clinicea.appointments_by_patient(patient_id, self._deadline))
        except SetupFault:
            self._by_patient = False  # the role may not read it, for any patient
            return None
        if found is None:
            return TaskProblem.CALENDAR_UNREADABLE
        return next((each for each in found if same_id(each.appointment_id, task.appointment_id)), None)

    def _day(self, day: date) -> list[Appointment] | None:
        """Return a day's appointments; None if it cannot be read in this run."""
        if day not in self._days and len(self._days) < MOST_DAYS:
            try:
                self._days[day] = self._read(lambda: self._clinicea.appointments_by_date(day, self._deadline))
            except SetupFault:
                self._days[day] = None
        return self._days.get(day)

    def _read(self, read: Callable[[], list[Appointment]]) -> list[Appointment] | None:
        """Return what is read; None if Clinicea did not answer as expected. Raises SetupFault."""
        try:
            found = read()
        except SetupFault:
            raise
        except CliniceaError:
            self._failures += 1
            return None
        self._failures = 0
        return found


def _after_look(task: Task, seen: Appointment | TaskProblem, now: datetime) -> Task:
    """Return the task after a look at its appointment."""
    if seen is TaskProblem.CALENDAR_UNREADABLE:
        return replace(task, problem=seen)
    task = replace(task, checked_at=now)
    if isinstance(seen, TaskProblem):
        return _after_miss(task, now)
    task = replace(task, missing_since=None)
    ends = {
        Status.CANCELLED: TaskOutcome.CANCELLED,
        Status.NO_SHOW: TaskOutcome.NO_SHOW,
        Status.CHECKED_OUT: TaskOutcome.ATTENDED,
    }
    if seen.status in ends:
        return task.ended(ends[seen.status], now)
    if seen.status is Status.UNCLEAR:
        return replace(task, problem=TaskProblem.STATUS_UNCLEAR)
    if not seen.starts or task.start.astimezone(UTC) in seen.starts:
        return replace(task, problem=None, seen_at=now)
    # After a move the patient would have two appointments: moved by hand is not cancelled.
    was_there = task.exact_start or task.seen_at is not None
    if task.kind is TaskKind.CANCEL and was_there:
        return task.ended(TaskOutcome.MOVED, now)
    return replace(task, problem=TaskProblem.OTHER_START)


def _after_miss(task: Task, now: datetime) -> Task:
    """Return the task after a complete reading without its appointment.

    An API role may not see all appointments. So only one that an earlier look has found can be gone, and only after a
    second miss.
    """
    since = task.missing_since or now
    if task.seen_at is not None and since + BETWEEN_MISSES <= now:
        return task.ended(TaskOutcome.GONE, now)
    return replace(task, missing_since=since, problem=TaskProblem.NOT_SHOWN)
