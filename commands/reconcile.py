"""`make reconcile DAY=…`: the ledger against Clinicea's calendar, for one day."""

import argparse
import sys
from datetime import date
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from commands import desk
from commands.target import FunctionFailed, Target

FUNCTION_SECONDS = 300


def main() -> int:
    """Ask the stack's function, print what it found; 1 if anything is not as it should be, 2 if it could not tell."""
    parser = argparse.ArgumentParser(prog="reconcile", description=__doc__)
    parser.add_argument("--day", type=desk.day, help="YYYY-MM-DD in the stack's time zone; default: tomorrow")
    parser.add_argument("--stack", default="convox-clinicea")
    wanted = parser.parse_args()
    target = Target.find(wanted.stack)
    try:
        report = compare(target, wanted.day)
    except (BotoCoreError, ClientError) as error:
        print(f"{target}: {type(error).__name__}", file=sys.stderr)
        return 2
    except FunctionFailed as error:
        print(f"{target}: the function failed: {error}", file=sys.stderr)
        return 2
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
