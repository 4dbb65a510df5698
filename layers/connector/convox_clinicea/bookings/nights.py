"""Progress of the nightly comparison: when one is due and how far it is. One item of the ledger holds both.

The function is invoked every few minutes and checks whether a night has begun or a comparison is unfinished. So it runs
at the clinic's night in any time zone, continues by itself, and makes up for a night on which it could not run.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aws_lambda_powertools.metrics import MetricUnit
from pydantic import ValidationError

from convox_clinicea import aws, clinicea_account
from convox_clinicea.bookings.compared import Cursor, Window
from convox_clinicea.bookings.findings import Report
from convox_clinicea.bookings.identity import digest_of_name, digest_of_number
from convox_clinicea.bookings.ledger import ledger_from
from convox_clinicea.bookings.reconcile import LOOKING_BACK, Reconciler
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.task_checks import TaskChecks
from convox_clinicea.bookings.task_list import Tasks
from convox_clinicea.bookings.tasks import task_id
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea_session import PacedTransport, SteadyTransport
from convox_clinicea.convox.request import clinics_from, identity_key
from convox_clinicea.deadline import Clock, Deadline, fresh_token
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.function import Function
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.mobile import InvalidMobile, parse_mobile
from convox_clinicea.settings import ReconcileSettings
from convox_clinicea.table import WRITE_TOKEN, ConditionFailed, Item, Put, Table, timestamp

KEY = "reconcile"
LEASE_BEYOND_DEADLINE = timedelta(seconds=15)
FURTHEST_BACK = timedelta(days=30)
"""Longest look-back after an outage; older records may have expired."""
_ABSENT = "attribute_not_exists(pk)"
_AS_SEEN = f"{WRITE_TOKEN} = :seen"


@dataclass(frozen=True)
class Night:
    """A comparison in progress, leased by one invocation.

    Attributes:
        since: the first start to compare.
        after: where it continues; None: at its beginning.
    """

    begun_at: datetime
    since: datetime
    after: Cursor | None
    token: str

    @property
    def window(self) -> Window:
        return Window(self.since)


def is_due(begun_at: datetime | None, now: datetime, zone: ZoneInfo) -> bool:
    """Return whether midnight has passed in `zone` since the last comparison began."""
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
    return begun_at is None or begun_at < midnight


def since(begun_at: datetime | None, now: datetime) -> datetime:
    """Return the first start to compare; no start between two comparisons is left out, within `FURTHEST_BACK`."""
    usual = now - LOOKING_BACK
    return usual if begun_at is None else max(min(usual, begun_at), now - FURTHEST_BACK)


class Nights:
    """Starts, continues and ends the nightly comparison."""

    def __init__(self, table: Table, clock: Clock, zone: ZoneInfo) -> None:
        self._table = table
        self._clock = clock
        self._zone = zone

    def compare(self, reconciler: Reconciler, deadline: Deadline) -> Report | None:
        """Compare one more part; returns None if nothing is due. Raises the errors of `Reconciler.part`."""
        night = self.take_up(deadline)
        if night is None:
            return None
        report = reconciler.part(night.window, deadline, night.after)
        self.put_down(night, report.after)
        return report

    def take_up(self, deadline: Deadline) -> Night | None:
        """Lease the comparison that is due or unfinished; returns None if there is none or another invocation has it.

        Raises:
            TableUnavailable: the table did not answer.
        """
        item = self._table.get(KEY)
        now = self._clock.now()
        if item is not None and datetime.fromisoformat(item["lease_until"]["S"]) > now:
            return None
        begun_at = None if item is None else datetime.fromisoformat(item["begun_at"]["S"])
        if item is not None and "ended_at" not in item:
            night = Night(begun_at or now, datetime.fromisoformat(item["since"]["S"]), _after(item), fresh_token())
        elif is_due(begun_at, now, self._zone):
            night = Night(now, since(begun_at, now), None, fresh_token())
        else:
            return None
        seen = None if item is None else item[WRITE_TOKEN]["S"]
        lease_until = now + timedelta(seconds=deadline.remaining()) + LEASE_BEYOND_DEADLINE
        return night if self._write(night, seen, lease_until=lease_until) else None

    def put_down(self, night: Night, after: Cursor | None) -> None:
        """Record how far the comparison came; None: to its end. Raises TableUnavailable."""
        now = self._clock.now()
        done = Night(night.begun_at, night.since, after, fresh_token())
        self._write(done, night.token, lease_until=now, ended_at=now if after is None else None)

    def _write(
        self, night: Night, seen: str | None, *, lease_until: datetime, ended_at: datetime | None = None
    ) -> bool:
        item: Item = {
            "pk": {"S": KEY},
            "begun_at": {"S": timestamp(night.begun_at)},
            "since": {"S": timestamp(night.since)},
            "lease_until": {"S": timestamp(lease_until)},
            WRITE_TOKEN: {"S": night.token},
        }
        if night.after is not None:
            item["after"] = {"S": night.after.model_dump_json()}
        if ended_at is not None:
            item["ended_at"] = {"S": timestamp(ended_at)}
        try:
            self._table.put(Put(item, _ABSENT) if seen is None else Put(item, _AS_SEEN, {":seen": {"S": seen}}))
        except ConditionFailed:
            return False
        return True


def _after(item: Item) -> Cursor | None:
    """Return where to continue; at the beginning if another version wrote a cursor that this one cannot read."""
    try:
        return Cursor.model_validate_json(item["after"]["S"]) if "after" in item else None
    except ValidationError:
        return None


SECONDS_BETWEEN = 0.25
"""Seconds between two requests to Clinicea, which leaves its capacity to bookings and look-ups."""


def _steady_client(settings: ReconcileSettings, clinics: Clinics, clock: Clock) -> Clinicea:
    """Build a client that calls Clinicea at a steady pace, within the shared one if that is set."""
    carried_by = clinicea_account.transport(settings.clinicea_url)
    if settings.clinicea_per_second:
        turns = Table(aws.dynamodb(), settings.ledger_table)
        carried_by = PacedTransport(carried_by, turns, settings.clinicea_per_second, clock)
    return clinicea_account.clinicea_from(
        settings, clinics, clock, carried_by=SteadyTransport(carried_by, SECONDS_BETWEEN, clock)
    )


def reconciler_from(settings: ReconcileSettings, clock: Clock) -> Reconciler:
    """Build the reconciler."""
    clinics = clinics_from(settings)
    return Reconciler(
        ledger_from(settings.ledger_table, clock),
        _steady_client(settings, clinics, clock),
        clinics,
        number_key=lambda text: _number_key(settings, text),
        name_key=lambda text: digest_of_name(identity_key(settings.identity_secret_arn), text),
        country=settings.default_country,
        by_patient=settings.read_backs,
        wanted_away=lambda booking: _is_wanted_away(settings, booking, clock),
    )


def _is_wanted_away(settings: ReconcileSettings, booking: Booking, clock: Clock) -> bool:
    """Return whether a task to cancel the booking's appointment is open, or was done."""
    name = task_id(identity_key(settings.identity_secret_arn), booking.caller, booking.appointment_id or "")
    try:
        task = Tasks(Table(aws.dynamodb(), settings.ledger_table), clock).get(name)
    except UnreadableRecord:
        return False
    return task is not None and task.wants_it_away


def task_checks_from(settings: ReconcileSettings, clock: Clock) -> TaskChecks:
    """Build the read-backs of tasks; they share the comparison's pace."""
    clinics = clinics_from(settings)
    return TaskChecks(
        tasks=Tasks(Table(aws.dynamodb(), settings.ledger_table), clock),
        ledger=ledger_from(settings.ledger_table, clock),
        clinicea=_steady_client(settings, clinics, clock),
        zones=[clinics.zone(None), *map(ZoneInfo, sorted(clinics.zones))],
        clock=clock,
        by_patient=settings.read_backs,
    )


def nights_from(settings: ReconcileSettings, clock: Clock) -> Nights:
    """Build the nightly comparison in the stack's time zone."""
    return Nights(Table(aws.dynamodb(), settings.ledger_table), clock, clinics_from(settings).zone(None))


def _number_key(settings: ReconcileSettings, text: str) -> str | None:
    try:
        mobile = parse_mobile(text, default_country=settings.default_country)
    except InvalidMobile:
        return None
    return digest_of_number(identity_key(settings.identity_secret_arn), mobile)


SECONDS_KEPT_BACK = 5.0
"""Seconds of the invocation kept for the report, after the last call to Clinicea."""
SECONDS_FOR_TASKS = 120.0
SCHEDULED = "aws.events"


@dataclass(frozen=True)
class Comparing:
    """Comparison of ledger and calendar, each night and on demand, and the read-backs of tasks."""

    reconciler: Reconciler
    nights: Nights
    tasks: TaskChecks
    clock: Clock

    def compare(self, event: Any, seconds_left: float) -> tuple[Report, bool]:
        """Return a report, and whether it belongs to the nightly comparison.

        Args:
            event: the schedule's event or an operator's request; raises InvalidRequest if it is neither.
        """
        deadline = Deadline.after(self.clock, seconds_left - SECONDS_KEPT_BACK)
        if not _is_scheduled(event):
            return self.reconciler.asked_for(event, self.clock.now(), deadline), False
        report = self.nights.compare(self.reconciler, deadline)
        return (Report(0, ()), False) if report is None else (report, True)


def _is_scheduled(event: Any) -> bool:
    return isinstance(event, dict) and event.get("source") == SCHEDULED


def comparison_of(function: Function[Comparing]) -> Comparing:
    """Build the comparison from the function's environment."""
    settings = ReconcileSettings.from_environment()
    clock = function.clock
    tasks = task_checks_from(settings, clock)
    return Comparing(reconciler_from(settings, clock), nights_from(settings, clock), tasks, clock)


def look_at_tasks(function: Function[Comparing], event: Any, seconds_left: float) -> None:
    """Look up the appointments of unfinished tasks, and count them; an operator's request only compares."""
    if not _is_scheduled(event):
        return
    counts = function.parts().tasks.run(Deadline.after(function.clock, min(SECONDS_FOR_TASKS, seconds_left / 2)))
    function.metrics.add_metric("OpenTasks", MetricUnit.Count, counts.unfinished)
    function.metrics.add_metric("OverdueTasks", MetricUnit.Count, counts.overdue)
    function.metrics.add_metric("TasksUnread", MetricUnit.Count, counts.unread)
    function.logger.info("tasks looked at", extra=asdict(counts))
