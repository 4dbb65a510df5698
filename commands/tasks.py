"""`connector tasks`: what a person has to do in Clinicea by hand, and what the calendar shows of it."""

import json
from base64 import b64decode
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
from botocore.exceptions import ClientError

from commands import booking_lines, cli_support
from commands.cli_support import Json, Output, Session
from commands.data_copy import NOT_ALLOWED
from commands.target import Target

STATES = ("waiting", "open", "done")
DO = {
    "waiting": "leave it: its new time is not booked yet",
    "open": "cancel it in Clinicea",
    "done": "nothing to do",
}


@cli_support.verb(
    "tasks", "tasks", "tasks list --state done --json", "tasks show tk_…", 'tasks show tk_… --full --why "I do it now"'
)
@click.argument("what", type=click.Choice(("list", "show")), default="list", metavar="[list|show]")
@click.argument("task_id", default="", metavar="[ID]")
@click.option("--state", multiple=True, type=click.Choice(STATES), help="Default: waiting and open.")
@click.option("--full", is_flag=True, help="With show: also the patient's id and the agent's note, decrypted.")
@click.option("--why", default="", metavar="TEXT", help="With --full: reason for the audit entry; required.")
def tasks(out: Output, what: str, task_id: str, state: Sequence[str], why: str, *, full: bool, stack: str) -> int:
    """List the appointments that a person has to cancel in Clinicea, or show one.

    A task ends by itself once the calendar shows it done. The exit code is 1 if a listed task's start has passed or
    there is no such task, 2 if the stack could not be reached or the note may not be opened.
    """
    if (what == "show") is not bool(task_id):
        raise click.UsageError("show needs a task's id, and list takes none")
    if full and what != "show":
        raise click.UsageError("--full is for show")
    if full:
        cli_support.require_reason(why)
    elif why:
        raise click.UsageError("--why is for --full")

    def command(target: Target) -> int:
        session = booking_lines.session(out, target)
        if what == "list":
            return tell(session, state)
        return show_full(session, task_id, why, kms=target.client("kms")) if full else show(session, task_id)

    return cli_support.run(out, stack, command)


def tell(session: Session, states: Sequence[str] = ()) -> int:
    """Request the list, and print it."""
    order: Json = {"action": "tasks", **({"states": [*states]} if states else {})}
    found: dict[str, Json] = {}
    unreadable = 0
    for part in booking_lines.parts(session.ask, order):
        found |= {each["task_id"]: each for each in part["tasks"]}
        unreadable += part["unreadable"]
    listed = sorted(found.values(), key=lambda each: (each["start"], each["task_id"]))
    now = booking_lines.wall_clock()
    overdue = [each for each in listed if each["state"] != "done" and datetime.fromisoformat(each["start"]) <= now]
    out = session.out
    told = f", {len(overdue)} overdue" if overdue else ""
    told += f", {unreadable} unreadable" if unreadable else ""
    out.line(f"{session.where}: {len(listed)} task{'s' * (len(listed) != 1)}{told}")
    for each in listed:
        out.line(f"  {line(each)}")
    out.document({"tasks": listed, "unreadable": unreadable})
    return 1 if overdue else 0


def show(session: Session, task_id: str) -> int:
    """Print one task."""
    answer = session.ask({"action": "task", "task_id": task_id})
    return _told(session.out, answer["task"])


def show_full(session: Session, task_id: str, why: str, *, kms: Any) -> int:
    """Print one task with its patient's id and its note; 2 if the note may not be decrypted."""
    who = session.who()
    task = session.ask({"action": "full_task", "task_id": task_id, "who": who, "why": why})["task"]
    if task is None:
        return _told(session.out, None)
    sealed, item = task.pop("sealed"), task.pop("sealed_for")
    note = None
    if sealed is not None:
        try:
            opened = kms.decrypt(CiphertextBlob=b64decode(sealed), EncryptionContext={"item": item})
        except ClientError as error:
            if error.response["Error"]["Code"] not in NOT_ALLOWED:
                raise
            session.out.error(f"{who} may not decrypt under the stack's DataKey (kms:Decrypt): the note is not shown")
            return cli_support.COULD_NOT_ASK
        note = json.loads(opened["Plaintext"])["note"]
    return _told(session.out, {**task, "note": note})


def _told(out: Output, task: Json | None) -> int:
    if task is None:
        out.error("there is no such task")
        out.document({"task": None})
        return 1
    out.line(line(task))
    for name in ("patient_id", "note"):
        if name in task:
            out.line(f"  {name.replace('_id', '')} {task[name] or '-'}")
    if task["has_note"] and "note" not in task:
        out.line("  it has a note; --full shows it")
    out.document({"task": task})
    return 0


def line(task: Json) -> str:
    """Return a task as one line of text."""
    words = [
        f"{task['state']:7}",
        f"{task['outcome'] or task['problem'] or '-':20}",
        f"start {task['start'][:16]}Z",
        f"clinic {task['clinic_id'] or '-'}",
        f"appointment {task['appointment_id']}",
        f"{task['kind']}: {task['why']}",
        f"agent {task['agent_id']}",
        f"call {task['call_id']}",
        task["task_id"],
        DO[task["state"]],
    ]
    return "  ".join(words)
