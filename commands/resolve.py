"""`make resolve`: end a parked booking by the word of a person who has looked into Clinicea."""

import argparse
import sys

from commands import desk

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
    parser.add_argument("--id", required=True, help="the booking")
    parser.add_argument("--as", required=True, choices=("booked", "rejected"), dest="end")
    parser.add_argument("--appointment", default="", help="for booked: Clinicea's id of what stands there")
    parser.add_argument("--patient", default="", help="for booked: Clinicea's id of its patient, where it is a new one")
    parser.add_argument("--why", required=True, help="for the audit's line")
    parser.add_argument("--stack", default="convox-clinicea")
    wanted = parser.parse_args()
    if (wanted.end == "booked") is not bool(wanted.appointment):
        parser.error("booked needs --appointment, rejected has none")
    return desk.run(wanted.stack, lambda target: resolve(wanted, desk.asking(target), str(target), target.caller()))


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
