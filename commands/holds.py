"""`make holds` and `make erase`: what is held under a person's mobile, and its erasure."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable

from commands import desk
from commands.confirming import confirmed
from commands.target import Target

FUNCTION_SECONDS = 60
WHY_NOT = {
    "open": "has not ended; with OPEN=yes it is ended and will not be made",
    "posted": "may stand in Clinicea already: let it end, or resolve it, then erase",
    "changed_meanwhile": "was changed meanwhile; repeat",
}


def main() -> int:
    """Tell, or erase; 1 if something was kept, 2 if the stack could not be asked."""
    parser = argparse.ArgumentParser(prog="holds", description=f"{__doc__} The mobile comes from MOBILE or a prompt.")
    parser.add_argument("--erase", action="store_true", help="erase what may be erased")
    parser.add_argument("--open", action="store_true", help="with --erase: end and erase what was never posted, too")
    parser.add_argument("--yes", action="store_true", help="with --erase: do not ask")
    parser.add_argument("--why", default="asked by the person", help="for the audit's line")
    desk.on_a_stack(parser)
    wanted = parser.parse_args()
    desk.require_reason(parser, wanted.why)
    # Not an argument: those stand in the shell's history and in every list of processes.
    mobile = os.environ.get("MOBILE") or getpass.getpass("Mobile, with its dialling code: ")
    return desk.run(
        wanted.stack, lambda target: carry_out(wanted, asking(target), target.address(), target.caller, mobile)
    )


def asking(target: Target) -> desk.Ask:
    """Return a way to ask the stack's function, which alone knows how to find a mobile."""
    return lambda order: target.invoke("DataRequestsFunctionName", order, FUNCTION_SECONDS)


def carry_out(wanted: argparse.Namespace, ask: desk.Ask, where: str, who: Callable[[], str], mobile: str) -> int:
    """Print what is held; where it is wanted and confirmed, erase it."""
    held = ask({"action": "holds", "mobile": mobile})
    counts = f"{len(held['bookings'])} bookings, {held['consents']} consents, {held['disclosures']} disclosures"
    print(f"{where}: {counts}{''.join(f', a kept callback of call {each}' for each in held['calls'])}")
    for booking in held["bookings"]:
        print(f"  {desk.line(booking, desk.wall_clock())}")
        print(f"    {', '.join(booking['holds'])}")
    if not wanted.erase or not (held["bookings"] or held["calls"]):
        return 0
    if not confirmed(where, "erase them", yes=wanted.yes):
        return desk.NOT_WANTED
    order = {"action": "erase", "mobile": mobile, "open_too": wanted.open, "who": who(), "why": wanted.why}
    kept = 0
    for result in ask(order)["results"]:
        booking_id = result["booking"]["booking_id"]
        kept += result["kept"] is not None
        became = WHY_NOT[result["kept"]] if result["kept"] else "erased; its tombstone stays"
        print(f"  {booking_id}  {became}")
    return 1 if kept else 0


if __name__ == "__main__":
    sys.exit(main())
