"""`make bookings`: which bookings there are, how old they are and why they wait; or one, with what was done to it."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

from commands import desk
from commands.target import Target

STATES = ("accepted", "sending", "unknown", "needs_attention", "booked", "rejected")


def main() -> int:
    """Print the list; 2 if it could not be had."""
    parser = argparse.ArgumentParser(prog="bookings", description=__doc__)
    parser.add_argument("--state", action="append", default=[], choices=STATES, help="default: all that have not ended")
    desk.filters(parser)
    parser.add_argument("--id", default="", help="one booking, and the acts on it")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of the table")
    desk.on_a_stack(parser)
    wanted = parser.parse_args()
    return desk.run(wanted.stack, lambda target: tell(wanted, desk.asking(target), str(target), _letters(target)))


def tell(wanted: argparse.Namespace, ask: desk.Ask, where: str, dead_letters: Callable[[], int]) -> int:
    """Ask, and print the answer."""
    if wanted.id:
        return _tell_one(ask({"action": "show", "booking_id": wanted.id}), as_json=wanted.json)
    order = {
        "action": "list",
        "states": wanted.state,
        "reasons": wanted.reason,
        "older_than_minutes": wanted.older,
    }
    found, unreadable = desk.listed(ask, order)
    letters = dead_letters()
    if wanted.json:
        print(json.dumps({"bookings": found, "unreadable": unreadable, "dead_letters": letters}, indent=2))
        return 0
    counts = Counter(each["state"] for each in found)
    summary = ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "no bookings"
    without = f", {len(unreadable)} unreadable" if unreadable else ""
    print(f"{where}: {summary}{without}; {letters} dead letters")
    now = desk.wall_clock()
    for each in found:
        print(f"  {desk.line(each, now)}")
    for each in unreadable:
        print(f"  {desk.unreadable_line(each, now)}")
    return 0


def _tell_one(answer: dict[str, Any], *, as_json: bool) -> int:
    if as_json:
        print(json.dumps(answer, indent=2))
    elif "unreadable" in answer:
        print(desk.unreadable_line(answer["unreadable"], desk.wall_clock()))
    elif answer["booking"] is None:
        print("there is no such booking", file=sys.stderr)
    else:
        print(desk.line(answer["booking"], desk.wall_clock()))
        for act in answer["acts"]:
            print(f"  {desk.act_line(act)}")
    return 0 if answer["booking"] else 1


def _letters(target: Target) -> Callable[[], int]:
    """Count the dead letters, those that somebody is looking at included."""
    counted = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")

    def count() -> int:
        url = target.output("DeadLetterQueueUrl")
        answer = target.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=list(counted))
        return sum(int(answer["Attributes"][name]) for name in counted)

    return count


if __name__ == "__main__":
    sys.exit(main())
