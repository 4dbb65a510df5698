"""Lists, filters and lines of bookings for the verbs; a line has no patient data."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from commands.cli_support import FUNCTION_SECONDS, Ask, Json, Output, Read, Session
from commands.target import FunctionFailed, Target

MOST_PARTS = 100_000
"""Largest number of parts of an answer; each has 20 MB of the ledger or 1,000 bookings."""
_UNITS = {"m": 1, "h": 60, "d": 24 * 60}


def session(out: Output, target: Target) -> Session:
    """Return a session with the stack's own function, which reads the ledger of whatever version is deployed."""

    def ask(order: Json) -> Json:
        return target.invoke("BookingActionsFunctionName", order, FUNCTION_SECONDS)

    return Session(out, ask, str(target), target.caller)


def minutes(text: str) -> int:
    """Parse a duration such as 45m, 12h or 3d."""
    found = re.fullmatch(r"([0-9]{1,5})([mhd])", text)
    if found is None:
        raise ValueError("a duration is such as 45m, 12h or 3d")
    return int(found[1]) * _UNITS[found[2]]


DURATION = Read("duration", minutes)


def filters(function: Callable[..., int]) -> Callable[..., int]:
    """Add the options that filter a list of bookings: `reason` is a tuple, `older` is in minutes."""
    reason = click.option("--reason", multiple=True, help="Only bookings with this reason; repeatable.")
    older = click.option("--older", type=DURATION, default=0, metavar="12h", help="Only bookings at least this old.")
    return reason(older(function))


def listed(session: Session, order: Json) -> tuple[list[Json], list[Json]]:
    """Return all bookings of a `list` request, oldest first, and the unreadable records.

    The function answers in parts, so the ledger may have any size.
    """
    found: dict[str, Json] = {}
    unreadable: dict[str, Json] = {}
    for part in parts(session.ask, order):
        found |= {each["booking_id"]: each for each in part["bookings"]}
        unreadable |= {each["booking_id"]: each for each in part["unreadable"]}
        if part["after"] is not None:
            session.out.note(f"  {len(found)} so far; continuing")
    return sorted(found.values(), key=lambda each: (each["accepted_at"], each["booking_id"])), list(unreadable.values())


def parts(ask: Ask, order: Json) -> Iterator[Json]:
    """Request one part after the other, and yield the answers.

    Raises:
        FunctionFailed: the parts do not end.
    """
    after: Any = None
    for _ in range(MOST_PARTS):
        part = ask(order if after is None else {**order, "after": after})
        yield part
        after = part["after"]
        if after is None:
            return
    raise FunctionFailed(f"stopped after {MOST_PARTS} parts: the answer is incomplete")


def line(booking: Json, now: datetime) -> str:
    """Return a booking as one line of text."""
    start = _span(datetime.fromisoformat(booking["start"]) - now)
    words = [
        f"{booking['state']:15}",
        f"{booking['reason'] or '-':26}",
        f"age {_span(now - datetime.fromisoformat(booking['accepted_at'])):>6}",
        f"start {start:>7}",
        booking["booking_id"],
        f"call {booking['call_id'] or '-'}",
        f"agent {booking['agent_id'] or '-'}",
    ]
    if booking["posted"] and booking["state"] != "booked":
        words.append("posted")
    if booking["appointment_id"]:
        words.append(f"appointment {booking['appointment_id']}")
    return "  ".join(words)


def unreadable_line(record: Json, now: datetime) -> str:
    """Return a line about a booking that the deployed release cannot read."""
    age = _span(now - datetime.fromisoformat(record["since"])) if record["since"] else "-"
    version = "-" if record["schema_version"] is None else record["schema_version"]
    return f"{'unreadable':15}  version {version}  {record['open'] or 'ended'}  age {age}  {record['booking_id']}"


def act_line(act: Json) -> str:
    """Return an audit line as one line of text."""
    before = act["state_before"] + (f" ({act['reason_before']})" if act["reason_before"] else "")
    appointment = f" as {act['appointment_id']}" if act["appointment_id"] else ""
    return f'{act["at"]}  {act["what"]}{appointment}, was {before}, by {act["who"]}: "{act["why"]}"'


def wall_clock() -> datetime:
    return datetime.now(UTC)


def _span(span: timedelta) -> str:
    """Return a time span in its largest unit; negative for the past."""
    whole = int(abs(span).total_seconds() // 60)
    text = f"{whole} m" if whole < 60 else f"{whole // 60} h" if whole < 2880 else f"{whole // 1440} d"
    return f"-{text}" if span < timedelta(0) else text
