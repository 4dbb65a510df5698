"""`make resolve`: end a parked booking by the word of a person who has looked into Clinicea."""

import argparse
import sys

from commands import desk

ENDS = ("booked", "rejected")
WHY_NOT = {
    "not_found": "there is no such booking",
    "unreadable": "its record cannot be read by the deployed version",
    "not_parked": "it does not wait for a person; nothing was changed",
    "not_settled": "its last POST may still be carried out; wait for the settle time, look into Clinicea again, repeat",
    "changed_meanwhile": "it was changed meanwhile; look again",
}


def main() -> int:
    """Resolve one booking; 1 if it could not be, 2 if the stack could not be asked."""
    parser = argparse.ArgumentParser(prog="resolve", description=__doc__)
    parser.add_argument("--id", default="", help="the booking")
    parser.add_argument("--as", default="", dest="end", metavar="{booked,rejected}")
    parser.add_argument("--appointment", default="", help="for booked: Clinicea's id of what stands there")
    parser.add_argument("--patient", default="", help="for booked: Clinicea's id of its patient, where it is a new one")
    parser.add_argument("--why", default="", help="for the audit's line")
    desk.confirming(parser)
    desk.on_a_stack(parser)
    wanted = parser.parse_args()
    _check(parser, wanted)
    return desk.run(
        wanted.stack,
        lambda target: resolve(wanted, desk.asking(target), str(target), target.caller()),
        changes=f"resolve {wanted.id} as {wanted.end}",
        yes=wanted.yes,
    )


def _check(parser: argparse.ArgumentParser, wanted: argparse.Namespace) -> None:
    """Refuse what is missing or contradicts itself, in the words of make and of this program."""
    if not wanted.id:
        parser.error("ID=bk_… (--id) is missing: which booking?")
    if wanted.end not in ENDS:
        typed = f", not {wanted.end}" if wanted.end else " is missing"
        parser.error(f"AS=booked or AS=rejected (--as){typed}")
    if wanted.end == "booked" and not wanted.appointment:
        parser.error("AS=booked needs APPOINTMENT=… (--appointment): Clinicea's id of what stands there")
    if wanted.end == "rejected" and (wanted.appointment or wanted.patient):
        parser.error("AS=rejected takes neither APPOINTMENT= nor PATIENT= (--appointment, --patient)")
    desk.require_reason(parser, wanted.why)


def resolve(wanted: argparse.Namespace, ask: desk.Ask, where: str, who: str) -> int:
    """Resolve it, and print what became of it."""
    order = {"action": "resolve", "booking_id": wanted.id, "end": wanted.end, "who": who, "why": wanted.why}
    named = {"appointment_id": wanted.appointment, "patient_id": wanted.patient}
    (result,) = ask(order | {name: value for name, value in named.items() if value})["results"]
    if result["obstacle"] == "appointment_owned":
        print(f"{where}: that appointment belongs to {result['owner_id']}; nothing was changed", file=sys.stderr)
    elif result["obstacle"]:
        print(f"{where}: {wanted.id}: {WHY_NOT[result['obstacle']]}", file=sys.stderr)
    else:
        print(desk.line(result["booking"], desk.wall_clock()))
        print(f"  {desk.act_line(result['act'])}")
    return 1 if result["obstacle"] else 0


if __name__ == "__main__":
    sys.exit(main())
