"""Requests of operators' commands to `booking_actions`, and answers: ids, states, reasons, times; no patient data."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from convox_clinicea.bookings.audit import OperatorAction, Person
from convox_clinicea.bookings.listing import MOST_LISTED, Filter, ListCursor
from convox_clinicea.bookings.operator import ActionResult, OperatorService
from convox_clinicea.bookings.pages import Unreadable
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.bookings.record import ID_PATTERN, Booking, timestamp
from convox_clinicea.bookings.tasks import ID_PATTERN as TASK_ID
from convox_clinicea.bookings.tasks import PREFIX as TASK_PREFIX
from convox_clinicea.bookings.tasks import UNFINISHED, Task, TaskState
from convox_clinicea.errors import InvalidRequest, field_problems
from convox_clinicea.privacy import is_telling
from convox_clinicea.text import may_be_an_id

T = TypeVar("T")
BookingId = Annotated[str, Field(pattern=f"^{ID_PATTERN}$")]


def _seen_whole(text: str) -> str:
    if not may_be_an_id(text):
        raise ValueError("must be 1 to 64 visible characters, at least one of them a letter or digit")
    return text


CliniceaId = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_seen_whole)]
"""An id of Clinicea's, as the search returns it."""


class Order(BaseModel):
    """One request; unknown fields are refused, because the sender is our own command."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", hide_input_in_errors=True)


class ListOrder(Order):
    """Request for a list of bookings. The answer is one part; its `after` starts the next one, null on the last.

    Attributes:
        limit: at most so many bookings; the others of that part are not in a later one.
        after: the position from the previous answer.
    """

    action: Literal["list"]
    states: frozenset[State] = frozenset()
    reasons: frozenset[Reason] = frozenset()
    older_than_minutes: int = Field(default=0, ge=0, le=10 * 366 * 24 * 60)
    limit: int | None = Field(default=None, ge=1, le=MOST_LISTED)
    after: ListCursor | None = None

    def carry_out(self, acting: OperatorService) -> dict[str, Any]:
        wanted = Filter(self.states, self.reasons, timedelta(minutes=self.older_than_minutes))
        found = acting.listed(wanted, self.after)
        return {
            "bookings": [shown(booking) for booking in found.bookings[: self.limit]],
            "unreadable": [each.line for each in found.unreadable],
            "after": None if found.after is None else found.after.model_dump(mode="json"),
        }


class ShowOrder(Order):
    """Request for one booking and its lines of the audit."""

    action: Literal["show"]
    booking_id: BookingId

    def carry_out(self, acting: OperatorService) -> dict[str, Any]:
        standing = acting.found(self.booking_id)
        if isinstance(standing, Unreadable):
            return {"booking": None, "acts": [], "unreadable": standing.line}
        found = acting.shown(self.booking_id)
        if found is None:
            return {"booking": None, "acts": []}
        booking, acts = found
        return {"booking": shown(booking), "acts": [act.line for act in acts]}


class CallsOrder(Order):
    """Request for the announced calls without a status callback. The answer is one page.

    Attributes:
        after: the position from the previous answer.
    """

    action: Literal["calls"]
    older_than_minutes: int = Field(default=120, ge=0, le=7 * 24 * 60)
    after: dict[str, str] | None = Field(default=None, max_length=3)

    def carry_out(self, acting: OperatorService) -> dict[str, Any]:
        found, after = acting.calls_without_end(timedelta(minutes=self.older_than_minutes), self.after)
        calls = [{**asdict(each), "announced_at": timestamp(each.announced_at)} for each in found]
        return {"calls": calls, "after": after}


class TasksOrder(Order):
    """Request for the tasks in these states. The answer is one page.

    Attributes:
        after: the position from the previous answer.
    """

    action: Literal["tasks"]
    states: frozenset[TaskState] = frozenset(UNFINISHED)
    after: str | None = Field(default=None, max_length=100)

    def carry_out(self, acting: OperatorService) -> dict[str, Any]:
        found = acting.tasks.page(self.states, self.after)
        return {
            "tasks": [shown_task(each) for each in found.tasks],
            "unreadable": found.unreadable,
            "after": found.after,
        }


class TaskOrder(Order):
    """Request for one task."""

    action: Literal["task"]
    task_id: str = Field(pattern=f"^{TASK_ID}$")

    def carry_out(self, acting: OperatorService) -> dict[str, Any]:
        found = acting.tasks.get(self.task_id)
        return {"task": None if found is None else shown_task(found)}


class PersonsOrder(Order):
    """A request that changes something, with its sender and the reason."""

    who: str = Field(min_length=3, max_length=300, pattern=r"^[\x21-\x7e]+$")
    why: str = Field(min_length=3, max_length=200)

    @field_validator("why")
    @classmethod
    def _without_personal_data(cls, why: str) -> str:
        if is_telling(why) or not why.isprintable():
            raise ValueError("must not contain an e-mail address or a telephone number")
        return why

    @property
    def person(self) -> Person:
        return Person(self.who, self.why)


class FullTaskOrder(PersonsOrder):
    """Request for one task with its patient's id and its note, as ciphertext; the audit has who asked, and why."""

    action: Literal["full_task"]
    task_id: str = Field(pattern=f"^{TASK_ID}$")

    def carry_out(self, acting: OperatorService) -> dict[str, Any]:
        found = acting.full_task(self.task_id, self.person)
        if found is None:
            return {"task": None, "results": []}
        task, act = found
        sealed = None if task.sealed is None else b64encode(task.sealed).decode()
        whole = {"patient_id": task.patient_id, "sealed": sealed, "sealed_for": f"{TASK_PREFIX}{task.task_id}"}
        return {"task": {**shown_task(task), **whole}, "results": [{"act": act.line}]}


class RedriveOrder(PersonsOrder):
    """Request to redrive parked bookings."""

    action: Literal["redrive"]
    booking_ids: list[BookingId] = Field(min_length=1, max_length=100)
    dry_run: bool = True

    def carry_out(self, acting: OperatorService) -> dict[str, Any]:
        done = [acting.redrive(each, self.person, dry_run=self.dry_run) for each in dict.fromkeys(self.booking_ids)]
        return {"dry_run": self.dry_run, "results": [outcome(each) for each in done]}


class ResolveOrder(PersonsOrder):
    """Request to resolve a parked booking after a person has checked Clinicea."""

    action: Literal["resolve"]
    booking_id: BookingId
    end: Literal[OperatorAction.BOOKED, OperatorAction.REJECTED]
    appointment_id: CliniceaId | None = None
    patient_id: CliniceaId | None = None

    @model_validator(mode="after")
    def _names_its_appointment(self) -> Self:
        if (self.end is OperatorAction.BOOKED) is (self.appointment_id is None):
            raise ValueError("booked requires an appointment; rejected takes none")
        return self

    def carry_out(self, acting: OperatorService) -> dict[str, Any]:
        done = acting.resolve(
            self.booking_id,
            self.end,
            self.person,
            appointment_id=self.appointment_id,
            patient_id=self.patient_id,
        )
        return {"results": [outcome(done)]}


AnyOrder = ListOrder | ShowOrder | CallsOrder | TasksOrder | TaskOrder | FullTaskOrder | RedriveOrder | ResolveOrder
_ORDERS: TypeAdapter[AnyOrder] = TypeAdapter(Annotated[AnyOrder, Field(discriminator="action")])


def read(event: dict[str, Any]) -> AnyOrder:
    """Read a request; raises InvalidRequest, which names the invalid fields but never their values."""
    return validated(_ORDERS, event)


def validated(orders: TypeAdapter[T], event: dict[str, Any]) -> T:
    """Read one of several kinds of request; raises InvalidRequest."""
    try:
        return orders.validate_python(event)
    except ValidationError as error:
        problems = field_problems(error, "order")
    raise InvalidRequest(*problems)


def shown(booking: Booking) -> dict[str, Any]:
    """Return a booking as an operator sees it."""
    return {
        "booking_id": booking.booking_id,
        "state": booking.state.value,
        "reason": booking.reason.value if booking.reason else None,
        "flow": booking.flow,
        "caller": booking.caller,
        "call_id": booking.call_id,
        "agent_id": booking.agent_id,
        "start": timestamp(booking.start),
        "accepted_at": timestamp(booking.accepted_at),
        "updated_at": timestamp(booking.updated_at),
        "redriven_at": timestamp(booking.redriven_at) if booking.redriven_at else None,
        "generation": booking.generation,
        "posted": booking.posted,
        "appointment_id": booking.appointment_id,
    }


def shown_task(task: Task) -> dict[str, Any]:
    """Return a task as an operator sees it: no patient, and of a note only that there is one."""
    hidden = ("persons", "sealed", "patient_id", "version", "write_token", "schema_version", "queued_at", "expires_at")
    values = {each.name: getattr(task, each.name) for each in fields(task) if each.name not in hidden}
    told = {name: timestamp(value) if isinstance(value, datetime) else value for name, value in values.items()}
    return {**told, "state": told.pop("stage"), "has_note": task.sealed is not None}


def outcome(done: ActionResult) -> dict[str, Any]:
    """Return the result of one action."""
    return {
        "booking_id": done.booking_id,
        "obstacle": done.obstacle.value if done.obstacle else None,
        "booking": shown(done.booking) if done.booking else None,
        "act": done.act.line if done.act else None,
        "sent": done.sent,
        "owner_id": done.owner_id,
    }
