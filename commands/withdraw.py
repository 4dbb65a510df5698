"""`make withdraw`: a person withdraws their consent. It is put on record, and what is stored is erased."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from commands import desk, holds
from commands.confirming import confirmed
from commands.target import Target

Json = dict[str, Any]


def main() -> int:
    """Note, and erase; 1 if something was kept or the answer was not yes, 2 if the stack could not be asked."""
    parser = argparse.ArgumentParser(
        prog="withdraw", description=f"{__doc__} The mobile comes from MOBILE or a prompt."
    )
    parser.add_argument("--patient", default=None, help="Clinicea's id of the patient too, so that more is found")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--why", default="withdrawn by the person", help="for the register and the audit's line")
    desk.on_a_stack(parser)
    wanted = parser.parse_args()
    desk.require_reason(parser, wanted.why)
    mobile = holds.typed_mobile()
    return desk.run(wanted.stack, lambda target: _on(target, wanted, mobile))


def _on(target: Target, wanted: argparse.Namespace, mobile: str) -> int:
    return carry_out(wanted, holds.asking(target), target.address(), target.caller, mobile)


def carry_out(wanted: argparse.Namespace, ask: desk.Ask, where: str, who: Callable[[], str], mobile: str) -> int:
    """Show what is held, ask, note the withdrawal, and erase; open bookings that were never posted end."""
    shown = argparse.Namespace(patient=wanted.patient, erase=False, open=True, yes=True, why=wanted.why)
    holds.carry_out(shown, ask, where, who, mobile)
    if not confirmed(where, "note the withdrawal and erase", yes=wanted.yes):
        return desk.NOT_WANTED
    order: Json = {"action": "withdraw", "mobile": mobile, "who": who(), "why": wanted.why}
    print(f"  withdrawn {ask(order)['withdrawn_at']}, on record; proofs of consent stay, as proofs of what was before")
    erasing = argparse.Namespace(patient=wanted.patient, erase=True, open=True, yes=True, why=wanted.why)
    code = holds.carry_out(erasing, ask, where, who, mobile)
    print("  not erased here: the patient in Clinicea, and ConVox's recordings")
    return code


if __name__ == "__main__":
    sys.exit(main())
