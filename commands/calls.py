"""`connector calls`: lists calls that a pop-up announced but that have no status callback."""

from datetime import datetime

import click

from commands import booking_lines, cli_support
from commands.cli_support import Output, Session

CALL_REPORT_HOURS = 2
"""Hours; longer than a call and the agent's work after it."""


@cli_support.verb("calls", "calls --older 4h")
@click.option(
    "--older",
    type=booking_lines.DURATION,
    default=CALL_REPORT_HOURS * 60,
    metavar="2h",
    help=f"Only calls announced at least this long ago; default: {CALL_REPORT_HOURS}h.",
)
def calls(out: Output, older: int, stack: str) -> int:
    """List the announced calls without a status callback.

    The exit code is 1 if there are such calls, 2 if the stack could not be reached.
    """
    return cli_support.run(out, stack, lambda target: tell(booking_lines.session(out, target), older))


def tell(session: Session, older: int) -> int:
    """Request the calls, and print them; `older` is in minutes."""
    order = {"action": "calls", "older_than_minutes": older}
    found = [call for part in booking_lines.parts(session.ask, order) for call in part["calls"]]
    out = session.out
    out.line(f"{session.where}: {len(found)} announced calls have no status callback")
    now = booking_lines.wall_clock()
    for each in found:
        age = int((now - datetime.fromisoformat(each["announced_at"])).total_seconds()) // 60
        words = (f"{age:5} m ago", each["caller"], f"call {each['call_id']}", f"agent {each['agent_id'] or '-'}")
        out.line("  " + "  ".join(words))
    out.document({"calls": found})
    return 1 if found else 0
