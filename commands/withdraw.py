"""`connector withdraw`: records that a person withdrew their consent, and erases their stored data."""

import click

from commands import cli_support, holds, person_search
from commands.cli_support import Json, Output, Session
from commands.confirming import confirmed


@cli_support.verb("withdraw", 'withdraw --why "asked in writing, ticket 7"', changes=True)
@click.option("--patient", metavar="ID", help="Clinicea's id of the patient too, so that more is found.")
@click.option("--why", default="withdrawn by the person", metavar="TEXT", help="Reason for register and audit.")
def withdraw(out: Output, patient: str | None, why: str, *, yes: bool, stack: str) -> int:
    """Record the withdrawal of a person's consent, and erase their stored data.

    The mobile comes from the variable MOBILE or a prompt. The exit code is 1 if something was kept or the answer was
    not yes, 2 if the stack could not be reached.
    """
    cli_support.require_reason(why)
    mobile = person_search.typed_mobile()
    return cli_support.run(
        out,
        stack,
        lambda target: carry_out(person_search.session(out, target), mobile, patient=patient, why=why, yes=yes),
    )


def carry_out(session: Session, mobile: str, *, patient: str | None = None, why: str, yes: bool) -> int:
    """Show the stored data, ask, record the withdrawal, and erase; open bookings that were never posted end."""
    out = session.out
    person = person_search.about(mobile, patient)
    holds.show(session, person)
    if not confirmed(session.where, "note the withdrawal and erase", yes=yes, say=out.note):
        return cli_support.NOT_WANTED
    order: Json = {"action": "withdraw", "mobile": mobile, "who": session.who(), "why": why}
    withdrawn_at = session.ask(order)["withdrawn_at"]
    out.line(f"  withdrawn {withdrawn_at}, recorded; the proofs of consent stay as evidence")
    held = holds.show(session, person)
    results, kept = holds.erased(session, person, open_too=True, why=why) if held.anything else ([], 0)
    out.line("  not erased here: the patient in Clinicea, and ConVox's recordings")
    out.document({"withdrawn_at": withdrawn_at, **held.document, "erased": results, "kept": kept})
    return 1 if kept else 0
