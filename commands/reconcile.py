"""`make reconcile`: the ledger against Clinicea's calendar, for all bookings ahead or, with DAY=…, for one day."""

import argparse
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

from commands import desk
from commands.target import FunctionFailed, Target

FUNCTION_SECONDS = 300
MOST_PARTS = 10_000


def main() -> int:
    """Ask the stack's function, print what it found; 1 if anything is not as it should be, 2 if it could not tell."""
    parser = argparse.ArgumentParser(prog="reconcile", description=__doc__)
    parser.add_argument("--day", type=desk.day, help="YYYY-MM-DD in the stack's time zone; default: all that are ahead")
    desk.on_a_stack(parser)
    wanted = parser.parse_args()
    return desk.run(wanted.stack, lambda target: tell(target, wanted.day))


def tell(target: Target, day: date | None) -> int:
    """Print what the comparison found, part by part."""
    order = {"day": day.isoformat()} if day else {}
    compared = unreadable = 0
    found: dict[str, None] = {}
    unread: dict[str, None] = {}
    for part in parts(lambda payload: target.invoke("ReconcileFunctionName", payload, FUNCTION_SECONDS), order):
        compared += part["compared"]
        unreadable += part["unreadable"]
        unread |= dict.fromkeys(part["unread"])
        found |= dict.fromkeys(map(_line, part["discrepancies"]))
        if part["after"] is not None:
            print(f"  {compared} compared so far; not finished, continues", file=sys.stderr, flush=True)
    print(f"{target}, {day or 'all ahead'}: {compared} bookings compared with the calendar")
    for line in found:
        print(line)
    for each in unread:
        print(f"  {each}: the calendar cannot be read; its bookings were not compared")
    if unreadable:
        print(f"  {unreadable} records cannot be read by this version, and were not compared")
    if not (found or unread or unreadable):
        print("  each stands there once")
    return 1 if found or unread or unreadable else 0


def parts(ask: desk.Ask, order: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the function's answers, until the comparison has come to its end or makes no headway."""
    after: dict[str, Any] | None = None
    for _ in range(MOST_PARTS):
        part = ask({**order, "after": after} if after else order)
        yield part
        if part["after"] is None:
            return
        if part["after"] == after:
            raise FunctionFailed("a part took no step: a day of Clinicea's calendar takes too long")
        after = part["after"]
    raise FunctionFailed(f"stopped after {MOST_PARTS} parts: not all was compared")


def _line(found: dict[str, Any]) -> str:
    return f"  {found['finding']:10}  {found['booking_id']}  {' '.join(found['appointment_ids'])}"


if __name__ == "__main__":
    sys.exit(main())
