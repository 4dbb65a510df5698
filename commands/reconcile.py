"""`make reconcile DAY=…`: the ledger against Clinicea's calendar, for one day."""

import argparse
import sys
from datetime import date
from typing import Any

from commands import desk
from commands.target import Target

FUNCTION_SECONDS = 300


def main() -> int:
    """Ask the stack's function, print what it found; 1 if anything is not as it should be, 2 if it could not tell."""
    parser = argparse.ArgumentParser(prog="reconcile", description=__doc__)
    parser.add_argument("--day", type=desk.day, help="YYYY-MM-DD in the stack's time zone; default: tomorrow")
    desk.on_a_stack(parser)
    wanted = parser.parse_args()
    return desk.run(wanted.stack, lambda target: tell(target, wanted.day))


def tell(target: Target, day: date | None) -> int:
    """Print what the comparison found."""
    report = compare(target, day)
    print(f"{target}, {report['day']}: {report['compared']} bookings compared with the calendar")
    for each in report["discrepancies"]:
        print(f"  {each['finding']:9}  {each['booking_id']}  {' '.join(each['appointment_ids'])}")
    if not report["discrepancies"]:
        print("  each stands there once")
    return 1 if report["discrepancies"] else 0


def compare(target: Target, day: date | None) -> dict[str, Any]:
    """Return the function's report."""
    payload = {"day": day.isoformat()} if day else {}
    return target.invoke("ReconcileFunctionName", payload, FUNCTION_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
