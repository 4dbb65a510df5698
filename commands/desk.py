"""What `bookings`, `redrive` and `resolve` share: asking the stack's function, and telling of bookings."""

import argparse
import re
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from commands.target import FunctionFailed, Target

Json = dict[str, Any]
Ask = Callable[[Json], Json]
"""Hands an order to `booking_actions` and returns its answer."""
FUNCTION_SECONDS = 60
COULD_NOT_ASK = 2
_UNITS = {"m": 1, "h": 60, "d": 24 * 60}


def asking(target: Target) -> Ask:
    """Return a way to ask the stack's own function: it speaks the ledger's language, whatever version is deployed."""
    return lambda order: target.invoke("BookingActionsFunctionName", order, FUNCTION_SECONDS)


def run(stack: str, command: Callable[[Target], int]) -> int:
    """Run a command against a stack; what AWS or the function refuses is one line and exit code 2."""
    target = Target.find(stack)
    try:
        return command(target)
    except (BotoCoreError, ClientError) as error:
        print(f"{target}: {error}", file=sys.stderr)
    except FunctionFailed as error:
        print(f"{target}: {error}", file=sys.stderr)
    return COULD_NOT_ASK


def minutes(text: str) -> int:
    """Read a duration such as 45m, 12h or 3d."""
    found = re.fullmatch(r"([0-9]{1,5})([mhd])", text)
    if found is None:
        raise argparse.ArgumentTypeError("a duration is such as 45m, 12h or 3d")
    return int(found[1]) * _UNITS[found[2]]


def day(text: str) -> date:
    """Read a day; one that no calendar has would be answered by "nothing found"."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a day is such as 2026-12-01") from None


def filters(parser: argparse.ArgumentParser) -> None:
    """Add what a list of bookings may be narrowed by."""
    parser.add_argument("--reason", action="append", default=[], help="only bookings with this reason")
    parser.add_argument("--older", type=minutes, default=0, metavar="12h", help="accepted at least that long ago")


def doing(parser: argparse.ArgumentParser) -> None:
    """Add what turns a plan into an act."""
    parser.add_argument("--go", action="store_true", help="do it; without, nothing is changed")
    parser.add_argument("--why", default="", help="for the audit's line; required with --go")
    parser.add_argument("--stack", default="convox-clinicea")


def doing_for_a_reason(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Read the arguments; an act without a reason is refused."""
    wanted = parser.parse_args()
    if wanted.go and not wanted.why:
        parser.error("--go needs --why: the audit's line says why")
    return wanted


def line(booking: Json, now: datetime) -> str:
    """Return a booking as one line of text; nothing of the patient is in it."""
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


def act_line(act: Json) -> str:
    """Return an audit line as one line of text."""
    before = act["state_before"] + (f" ({act['reason_before']})" if act["reason_before"] else "")
    appointment = f" as {act['appointment_id']}" if act["appointment_id"] else ""
    return f'{act["at"]}  {act["what"]}{appointment}, was {before}, by {act["who"]}: "{act["why"]}"'


def wall_clock() -> datetime:
    return datetime.now(UTC)


def _span(span: timedelta) -> str:
    """A length of time in its greatest unit; what is past is negative."""
    whole = int(abs(span).total_seconds() // 60)
    text = f"{whole} m" if whole < 60 else f"{whole // 60} h" if whole < 2880 else f"{whole // 1440} d"
    return f"-{text}" if span < timedelta(0) else text
