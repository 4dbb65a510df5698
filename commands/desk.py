"""What the operators' commands share: finding the stack, asking before a change, and telling of bookings."""

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from commands.confirming import NotConfirmed, confirmed
from commands.explaining import REFUSED, explained
from commands.target import FunctionFailed, Target

Json = dict[str, Any]
Ask = Callable[[Json], Json]
"""Hands an order to `booking_actions` and returns its answer."""
FUNCTION_SECONDS = 60
MOST_PARTS = 100_000
"""Parts of an answer: 20 MB of the ledger each, or 1,000 bookings."""
NOT_WANTED = 1
COULD_NOT_ASK = 2
SHORTEST_REASON = 3
"""The stack's functions refuse a shorter one."""
_UNITS = {"m": 1, "h": 60, "d": 24 * 60}


def asking(target: Target) -> Ask:
    """Return a way to ask the stack's own function: it speaks the ledger's language, whatever version is deployed."""
    return lambda order: target.invoke("BookingActionsFunctionName", order, FUNCTION_SECONDS)


def run(stack: str, command: Callable[[Target], int], *, changes: str = "", yes: bool = False) -> int:
    """Run a command against a stack, whose account and region are printed first; a refusal is one line.

    Args:
        stack: what STACK says, see `Target.find`.
        changes: what the command changes; it is asked about first. Empty for one that only reads.
        yes: the answer was given beforehand.

    Returns:
        The command's exit code; 1 if the answer was no, 2 if the stack could not be asked or nobody could answer.
    """
    target: Target | None = None
    try:
        target = Target.find(stack)
        if changes and not confirmed(target.address(), changes, yes=yes):
            return NOT_WANTED
        if not changes and not target.endpoint:
            print(target.address(), file=sys.stderr, flush=True)
        return command(target)
    except REFUSED as error:
        print(f"{target or 'refused'}: {explained(error, target)}", file=sys.stderr)
    except NotConfirmed as error:
        print(error, file=sys.stderr)
    return COULD_NOT_ASK


def listed(ask: Ask, order: Json) -> tuple[list[Json], list[Json]]:
    """Return all bookings that an order `list` is about, oldest first, and the records that cannot be read.

    The function answers in parts, whatever the ledger's size.
    """
    found: dict[str, Json] = {}
    unreadable: dict[str, Json] = {}
    for part in parts(ask, order):
        found |= {each["booking_id"]: each for each in part["bookings"]}
        unreadable |= {each["booking_id"]: each for each in part["unreadable"]}
        if part["after"] is not None:
            print(f"  {len(found)} so far; not finished, continues", file=sys.stderr, flush=True)
    return sorted(found.values(), key=lambda each: (each["accepted_at"], each["booking_id"])), list(unreadable.values())


def parts(ask: Ask, order: Json) -> Iterator[Json]:
    """Give an order for one part after the other, and yield the answers.

    Raises:
        FunctionFailed: the parts do not end.
    """
    after: Json | str | None = None
    for _ in range(MOST_PARTS):
        part = ask(order if after is None else {**order, "after": after})
        yield part
        after = part["after"]
        if after is None:
            return
    raise FunctionFailed(f"stopped after {MOST_PARTS} parts: the answer is not whole")


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
    confirming(parser)
    on_a_stack(parser)


def confirming(parser: argparse.ArgumentParser) -> None:
    """Add the answer that is given beforehand."""
    parser.add_argument("--yes", action="store_true", help="do not ask")


def on_a_stack(parser: argparse._ActionsContainer) -> None:
    """Add which stack is meant."""
    meant = "local for the stack on this machine, or a stack's name on AWS; default: the one that make run serves, else"
    parser.add_argument("--stack", default="", help=f"{meant} the one that deploy.toml names")


def doing_for_a_reason(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Read the arguments; an act without a reason is refused."""
    wanted = parser.parse_args()
    if wanted.go:
        require_reason(parser, wanted.why)
    return wanted


def require_reason(parser: argparse.ArgumentParser, why: str) -> None:
    """Refuse a reason that is missing, or too short for the audit."""
    if not why.strip():
        parser.error("""WHY="…" (--why) is missing: the audit's line says why""")
    if len(why.strip()) < SHORTEST_REASON:
        parser.error(f'WHY="{why}" (--why) is too short: at least {SHORTEST_REASON} characters')


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


def unreadable_line(record: Json, now: datetime) -> str:
    """Return what is known of a booking that the deployed release cannot read."""
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
    """A length of time in its greatest unit; what is past is negative."""
    whole = int(abs(span).total_seconds() // 60)
    text = f"{whole} m" if whole < 60 else f"{whole // 60} h" if whole < 2880 else f"{whole // 1440} d"
    return f"-{text}" if span < timedelta(0) else text
