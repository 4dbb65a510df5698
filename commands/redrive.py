"""`make redrive`: send parked bookings on their way again, through the ledger. Without GO=yes it only says how."""

import argparse
import sys
from collections import Counter

from commands import desk

AT_A_TIME = 25
"""Bookings of one invocation: it ends well before the function's time does."""
BY_NAME_ONLY = ("changed_after_booking", "restored")
"""Reasons whose bookings are for who has looked: another appointment stands, or nobody knows what became of it."""
WHY_NOT = {
    "not_found": "there is no such booking",
    "unreadable": "its record cannot be read by the deployed version",
    "not_parked": "it does not wait for a person",
    "started": "its start has come and it was never posted; resolve it",
    "no_content": "its content was replaced after the backup it came from, and is lost; look up the call, resolve it",
    "changed_meanwhile": "it was changed meanwhile; look again",
}


def main() -> int:
    """Plan, or do; 1 if a booking could not be redriven, 2 if the stack could not be asked."""
    parser = argparse.ArgumentParser(prog="redrive", description=__doc__)
    parser.add_argument("--id", action="append", default=[], help="this booking; default: all that wait for a person")
    desk.filters(parser)
    desk.doing(parser)
    wanted = desk.doing_for_a_reason(parser)
    if wanted.id and (wanted.reason or wanted.older):
        parser.error("ID=… (--id) names the bookings; REASON= and OLDER= (--reason, --older) choose among all")
    chosen = ", ".join(wanted.id) or "every parked booking that is chosen"
    return desk.run(
        wanted.stack,
        lambda target: redrive(wanted, desk.asking(target), str(target), target.caller()),
        changes=f"redrive {chosen}" if wanted.go else "",
        yes=wanted.yes,
    )


def redrive(wanted: argparse.Namespace, ask: desk.Ask, where: str, who: str) -> int:
    """Redrive what is chosen, and print what became of each."""
    ids = wanted.id or _parked(wanted, ask)
    done = left = 0
    for first in range(0, len(ids), AT_A_TIME):
        order = {
            "action": "redrive",
            "booking_ids": ids[first : first + AT_A_TIME],
            "dry_run": not wanted.go,
            "who": who,
            "why": wanted.why or "dry run",
        }
        for each in ask(order)["results"]:
            done += each["obstacle"] is None
            left += each["obstacle"] is not None
            print(f"  {_sentence(each, go=wanted.go)}")
    verb = "redriven" if wanted.go else "would be redriven"
    print(f"{where}: {done} {verb}, {left} left")
    if done and not wanted.go:
        print('Nothing was changed. To do it: the same with GO=yes WHY="…"')
    return 1 if left else 0


def _parked(wanted: argparse.Namespace, ask: desk.Ask) -> list[str]:
    order = {
        "action": "list",
        "states": ["needs_attention"],
        "reasons": wanted.reason,
        "older_than_minutes": wanted.older,
    }
    found, _unreadable = desk.listed(ask, order)
    chosen = [each for each in found if each["reason"] not in BY_NAME_ONLY or each["reason"] in wanted.reason]
    passed = Counter(each["reason"] for each in found if each not in chosen)
    for reason, count in sorted(passed.items()):
        print(f"  {count} with reason {reason} passed over; name them by ID, one by one")
    return [each["booking_id"] for each in chosen]


def _sentence(result: desk.Json, *, go: bool) -> str:
    if result["obstacle"]:
        return f"left      {result['booking_id']}: {WHY_NOT[result['obstacle']]}"
    posted = "; it was posted before: looked for and settled first" if result["booking"]["posted"] else ""
    if not go:
        return f"would be  {result['booking_id']}, {result['booking']['reason']}{posted}"
    sent = "" if result["sent"] else "; the queue did not confirm, the sweeper sends it within the hour"
    return f"redriven  {result['booking_id']}{posted}{sent}\n            {desk.act_line(result['act'])}"


if __name__ == "__main__":
    sys.exit(main())
