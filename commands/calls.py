"""`make calls`: the calls that a pop-up announced and whose status callback has not come."""

import argparse
import json
import sys
from datetime import datetime

from commands import desk

CALL_REPORT_HOURS = 2
"""Longer than a call and the agent's work after it."""


def main() -> int:
    """Print the list; 1 if there are such calls, 2 if it could not be had."""
    parser = argparse.ArgumentParser(prog="calls", description=__doc__)
    older = f"announced at least that long ago; default: {CALL_REPORT_HOURS}h"
    parser.add_argument("--older", type=desk.minutes, default=CALL_REPORT_HOURS * 60, metavar="2h", help=older)
    parser.add_argument("--json", action="store_true", help="one JSON document instead of the table")
    desk.on_a_stack(parser)
    wanted = parser.parse_args()
    return desk.run(wanted.stack, lambda target: tell(wanted, desk.asking(target), str(target)))


def tell(wanted: argparse.Namespace, ask: desk.Ask, where: str) -> int:
    """Ask, and print the answer."""
    order = {"action": "calls", "older_than_minutes": wanted.older}
    found = [call for part in desk.parts(ask, order) for call in part["calls"]]
    if wanted.json:
        print(json.dumps({"calls": found}, indent=2))
        return 1 if found else 0
    print(f"{where}: {len(found)} calls were announced, and their status did not come")
    now = desk.wall_clock()
    for each in found:
        age = int((now - datetime.fromisoformat(each["announced_at"])).total_seconds()) // 60
        words = (f"{age:5} m ago", each["caller"], f"call {each['call_id']}", f"agent {each['agent_id'] or '-'}")
        print("  " + "  ".join(words))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
