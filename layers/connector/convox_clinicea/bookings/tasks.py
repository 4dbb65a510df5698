"""Tasks: what a person has to do in Clinicea by hand, because no confirmed call cancels or moves an appointment.

Nothing here sends anything to Clinicea. A task is always "cancel this appointment". One item of the ledger table is one
appointment's task, so asking twice makes one. The index `open` lists the unfinished ones, and the done ones until they
expire. Only a read-back finishes a task (`task_checks`).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from convox_clinicea.announcements import PERSONS
from convox_clinicea.bookings.record import attributes_of, values_of
from convox_clinicea.errors import raise_alone
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.privacy import digest
from convox_clinicea.table import Item
from convox_clinicea.text import id_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

SCHEMA_VERSION = 1
PREFIX = "desk-task#"
ID_PATTERN = r"tk_[a-z2-7]{26}"
RETENTION = timedelta(days=30)
"""How long a done task is kept."""
OPEN_LIST, DONE_LIST = "task", "task_done"
"""Values in the index `open`."""


class TaskKind(StrEnum):
    """What was asked for."""

    CANCEL = "cancel"
    MOVE = "move"
    """A booking for the new time exists, or is being made; the old appointment has to be cancelled."""


class TaskState(StrEnum):
    """How far a task is."""

    WAITING = "waiting"
    """The new time is not booked yet: nobody may cancel the old one."""
    OPEN = "open"
    """A person has to act in Clinicea."""
    DONE = "done"


UNFINISHED = (TaskState.WAITING, TaskState.OPEN)


class TaskReason(StrEnum):
    """Why it was asked for. A closed list, because a list of tasks shows it."""

    CALLER_ASKED = "caller_asked"
    CANNOT_COME = "cannot_come"
    WRONG_DETAILS = "wrong_details"
    BOOKED_TWICE = "booked_twice"
    OTHER = "other"


class TaskOutcome(StrEnum):
    """How a task ended, as Clinicea's calendar shows it."""

    CANCELLED = "cancelled"
    MOVED = "moved"
    """It stands at another start; only for a task that was to cancel it."""
    GONE = "gone"
    """Two looks did not find what an earlier one had found."""
    NO_SHOW = "no_show"
    ATTENDED = "attended"
    """It is checked out: the patient came."""
    NOT_MOVED = "not_moved"
    """The new time was not booked, so the old appointment stays."""
    LAPSED = "lapsed"
    """Its start passed, and nobody did it."""


class TaskProblem(StrEnum):
    """Why a task cannot end yet, as of the last look."""

    CALENDAR_UNREADABLE = "calendar_unreadable"
    NOT_SHOWN = "not_shown"
    """Clinicea does not list it; only one that was listed before counts as gone."""
    OTHER_START = "other_start"
    """It stands, but at another start."""
    STATUS_UNCLEAR = "status_unclear"
    NEW_TIME_NEEDS_A_PERSON = "new_time_needs_a_person"
    """The booking of the new time is parked."""


@dataclass(frozen=True)
class Task:
    """One task. Times are aware and in UTC. Only the sealed note is free text about a person.

    Attributes:
        stage: its state.
        queued_at: when it was last looked at or asked for; the next look takes the oldest.
        person: the identity provider's id of who asked.
        booking_id: the ledger's booking of the appointment; None for one that was not made here.
        new_booking_id: for a move, the booking of the new time.
        telling: whether the appointment's id would disclose something to the client.
        exact_start: whether the appointment is known to have had exactly this start.
        seen_at: when a look last found it standing at its start.
        missing_since: since when looks have not found it.
        checked_at: when the calendar was last read for it.
        persons: HMACs of patient and number, by which an erasure finds it.
    """

    task_id: str
    kind: TaskKind
    stage: TaskState
    why: TaskReason
    client: str
    agent_id: str
    call_id: str
    person: str
    appointment_id: str
    clinic_id: str | None
    start: datetime
    asked_at: datetime
    queued_at: datetime
    patient_id: str | None = None
    booking_id: str | None = None
    new_booking_id: str | None = None
    telling: bool = False
    exact_start: bool = False
    problem: TaskProblem | None = None
    outcome: TaskOutcome | None = None
    seen_at: datetime | None = None
    missing_since: datetime | None = None
    checked_at: datetime | None = None
    done_at: datetime | None = None
    expires_at: datetime | None = None
    persons: tuple[str, ...] = ()
    sealed: bytes | None = field(repr=False, default=None)
    version: int = 1
    write_token: str = ""
    schema_version: int = SCHEMA_VERSION

    @property
    def is_done(self) -> bool:
        return self.stage is TaskState.DONE

    @property
    def wants_it_away(self) -> bool:
        """Whether the appointment is to be cancelled now, or was."""
        stays = (TaskOutcome.NOT_MOVED, TaskOutcome.LAPSED)
        return self.stage is not TaskState.WAITING and self.outcome not in stays

    def overdue(self, now: datetime) -> bool:
        """Return whether it is not done although the appointment's start has passed."""
        return not self.is_done and self.start <= now

    def ended(self, outcome: TaskOutcome, now: datetime) -> Self:
        """Return the done task."""
        expires_at = max(now, self.start) + RETENTION
        return replace(
            self, stage=TaskState.DONE, outcome=outcome, problem=None, done_at=now, expires_at=expires_at, queued_at=now
        )


_WORDS: dict[str, Any] = {
    "kind": TaskKind,
    "stage": TaskState,
    "why": TaskReason,
    "problem": TaskProblem,
    "outcome": TaskOutcome,
}


def task_id(key: bytes, client: str, appointment_id: str) -> str:
    """Return the id of an appointment's task: `tk_` and 26 letters of an HMAC."""
    mac = digest(key, ["task", client, id_key(appointment_id)])
    return "tk_" + base64.b32encode(mac).decode().lower()[:26]


def to_item(task: Task) -> Item:
    """Return the DynamoDB item."""
    persons: AttributeValueTypeDef = {"L": [{"S": each} for each in task.persons]}
    return {
        "pk": {"S": f"{PREFIX}{task.task_id}"},
        "open": {"S": DONE_LIST if task.is_done else OPEN_LIST},
        **attributes_of(task),
        PERSONS: persons,
    }


def task_from(item: Item) -> Task:
    """Read a DynamoDB item; raises UnreadableRecord."""
    values = values_of(Task, item, SCHEMA_VERSION, frozenset({"pk", "open"}))
    try:
        values |= {name: word(values[name]) for name, word in _WORDS.items() if name in values}
        values.setdefault("clinic_id", None)
        return Task(**values)
    except (KeyError, TypeError, ValueError):
        raise_alone(UnreadableRecord("a task cannot be read"))


def is_unfinished(item: Item) -> bool:
    """Return whether a stored task, of any version, has not ended."""
    return item.get("open") == {"S": OPEN_LIST}
