"""`connector reconcile`: compares the ledger with Clinicea's calendar, for all future bookings or one day."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import click

from commands import cli_support
from commands.cli_support import Ask, Json, Output
from commands.target import FunctionFailed, Target

FUNCTION_SECONDS = 300
MOST_PARTS = 10_000


@cli_support.verb("reconcile", "reconcile --day 2026-12-01")
@click.option("--day", type=cli_support.DAY, help="A day in the stack's time zone; default: all future bookings.")
def reconcile(out: Output, day: date | None, stack: str) -> int:
    """Compare future bookings, or those of one day, with Clinicea's calendar.

    The exit code is 1 if there are discrepancies, 2 if the comparison could not be made.
    """
    return cli_support.run(out, stack, lambda target: tell(out, target, day))


def tell(out: Output, target: Target, day: date | None) -> int:
    """Print the findings of the comparison, part by part."""
    order = {"day": day.isoformat()} if day else {}
    compared = unreadable = 0
    found: dict[str, Json] = {}
    unread: dict[str, None] = {}
    for part in parts(lambda payload: target.invoke("ReconcileFunctionName", payload, FUNCTION_SECONDS), order):
        compared += part["compared"]
        unreadable += part["unreadable"]
        unread |= dict.fromkeys(part["unread"])
        found |= {_line(each): each for each in part["discrepancies"]}
        if part["after"] is not None:
            out.note(f"  {compared} compared so far; continuing")
    out.line(f"{target}, {day or 'all future'}: {compared} bookings compared with the calendar")
    for line in found:
        out.line(line)
    for each in unread:
        out.line(f"  {each}: the calendar is unreadable; its bookings were not compared")
    if unreadable:
        out.line(f"  {unreadable} records cannot be read by this version, and were not compared")
    if not (found or unread or unreadable):
        out.line("all are in the calendar once")
    whole = {"compared": compared, "discrepancies": [*found.values()], "unread": [*unread], "unreadable": unreadable}
    out.document(whole)
    return 1 if found or unread or unreadable else 0


def parts(ask: Ask, order: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the function's answers until the comparison ends or makes no progress."""
    after: dict[str, Any] | None = None
    for _ in range(MOST_PARTS):
        part = ask({**order, "after": after} if after else order)
        yield part
        if part["after"] is None:
            return
        if part["after"] == after:
            raise FunctionFailed("no progress: a day of Clinicea's calendar takes too long to read")
        after = part["after"]
    raise FunctionFailed(f"stopped after {MOST_PARTS} parts: the comparison is incomplete")


def _line(found: dict[str, Any]) -> str:
    return f"  {found['finding']:10}  {found['booking_id']}  {' '.join(found['appointment_ids'])}"
