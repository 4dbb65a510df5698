"""Tasks of appointments in the fake's calendar, and what looks after them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from convox_clinicea.bookings.task_checks import TaskChecks
from convox_clinicea.bookings.tasks import Task, TaskKind, TaskReason, TaskState, task_id
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.deadline import Deadline
from tests.support import invented
from tests.support.bench import Bench
from tests.support.bookings import AGENT_ID, CALL_ID

ZONE = ZoneInfo("Asia/Kolkata")
CALLER = "convox"
PERSON = "5b1d0c9e-0000-4000-8000-00000000d001"
LOOK = 900
"""Seconds between two runs."""


def visit(bench: Bench, appointment_id: str = "A-7", days: float = 3.1, **changes: Any) -> dict[str, Any]:
    """An appointment for a patient of the fake."""
    start = (bench.clock.now() + timedelta(days=days)).astimezone(ZONE)
    text = start.replace(tzinfo=None, microsecond=0).isoformat()
    return {"appointment_id": appointment_id, "clinic_id": "C-01", "start": text, "status": "Confirmed", **changes}


def start_of(told: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(told["start"]).replace(tzinfo=ZONE)


def task_of(bench: Bench, told: dict[str, Any], **changes: Any) -> Task:
    """A stored task to cancel that appointment."""
    now = bench.clock.now()
    values: dict[str, Any] = {
        "task_id": task_id(invented.IDENTITY_KEY.encode(), CALLER, told["appointment_id"]),
        "kind": TaskKind.CANCEL,
        "stage": TaskState.OPEN,
        "why": TaskReason.CALLER_ASKED,
        "client": CALLER,
        "agent_id": AGENT_ID,
        "call_id": CALL_ID,
        "person": PERSON,
        "appointment_id": told["appointment_id"],
        "clinic_id": "C-01",
        "start": start_of(told),
        "asked_at": now,
        "queued_at": now,
        "patient_id": "P-41",
        "exact_start": True,
        **changes,
    }
    stored, _ = bench.tasks.ask(Task(**values))
    return stored


def checks(bench: Bench, clinicea: Clinicea | None = None, *, by_patient: bool = True) -> TaskChecks:
    return TaskChecks(
        tasks=bench.tasks,
        ledger=bench.ledger,
        clinicea=clinicea or bench.clinicea,
        zones=[ZONE],
        clock=bench.clock,
        by_patient=by_patient,
    )


def look(bench: Bench, task: Task, *, by_patient: bool = True, seconds: float = LOOK) -> Task:
    """The task after the next run, a quarter of an hour later."""
    bench.clock.advance(seconds)
    checks(bench, by_patient=by_patient).run(Deadline.after(bench.clock, 120))
    standing = bench.tasks.get(task.task_id)
    assert standing is not None
    return standing
