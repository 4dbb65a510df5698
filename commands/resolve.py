"""`connector resolve`: ends a parked booking after a person has checked Clinicea."""

import click

from commands import booking_lines, cli_support
from commands.cli_support import Output, Session

ENDS = ("booked", "rejected")
WHY_NOT = {
    "not_found": "there is no such booking",
    "unreadable": "its record cannot be read by the deployed version",
    "not_parked": "it does not need a person; nothing was changed",
    "not_settled": "its last POST may still take effect; wait for the settle time, check Clinicea again, repeat",
    "changed_meanwhile": "it has changed; check it again",
}


@cli_support.verb(
    "resolve",
    'resolve bk_… --as booked --appointment A-02 --why "booked by hand, ticket 4711"',
    'resolve bk_… --as rejected --why "the caller rang off"',
    changes=True,
)
@click.argument("booking_id", metavar="ID")
@click.option("--as", "end", required=True, type=click.Choice(ENDS), help="Final state of the booking.")
@click.option("--appointment", default="", metavar="ID", help="For booked: Clinicea's id of the appointment.")
@click.option("--patient", default="", metavar="ID", help="For booked: Clinicea's id of a new patient.")
@click.option("--why", default="", metavar="TEXT", help="Reason for the audit entry; required.")
def resolve(
    out: Output, booking_id: str, end: str, appointment: str, patient: str, why: str, *, yes: bool, stack: str
) -> int:
    """End a parked booking after you have checked Clinicea.

    The exit code is 1 if it could not be resolved, 2 if the stack could not be reached.
    """
    if end == "booked" and not appointment:
        raise click.UsageError("--as booked needs --appointment: Clinicea's id of the appointment")
    if end == "rejected" and (appointment or patient):
        raise click.UsageError("--as rejected takes neither --appointment nor --patient")
    cli_support.require_reason(why)
    return cli_support.run(
        out,
        stack,
        lambda target: carry_out(booking_lines.session(out, target), booking_id, end, appointment, patient, why=why),
        changes=f"resolve {booking_id} as {end}",
        yes=yes,
    )


def carry_out(
    session: Session, booking_id: str, end: str, appointment: str = "", patient: str = "", *, why: str
) -> int:
    """Resolve the booking, and print the result."""
    out, where = session.out, session.where
    order = {"action": "resolve", "booking_id": booking_id, "end": end, "who": session.who(), "why": why}
    named = {"appointment_id": appointment, "patient_id": patient}
    (result,) = session.ask(order | {name: value for name, value in named.items() if value})["results"]
    if result["obstacle"] == "appointment_owned":
        out.error(f"{where}: that appointment belongs to {result['owner_id']}; nothing was changed")
    elif result["obstacle"]:
        out.error(f"{where}: {booking_id}: {WHY_NOT[result['obstacle']]}")
    else:
        out.line(booking_lines.line(result["booking"], booking_lines.wall_clock()))
        out.line(f"  {booking_lines.act_line(result['act'])}")
    out.document(result)
    return 1 if result["obstacle"] else 0
