"""`connector bookings`: lists bookings with age and reason, or shows one with its audit."""

from collections import Counter
from collections.abc import Callable, Sequence

import click

from commands import booking_lines, cli_support
from commands.cli_support import Output, Session
from commands.target import Target

STATES = ("accepted", "sending", "unknown", "needs_attention", "booked", "rejected")


@cli_support.verb("bookings", "bookings --state needs_attention --older 12h", "bookings bk_… --json")
@click.argument("booking_id", default="", metavar="[ID]")
@click.option("--state", multiple=True, type=click.Choice(STATES), help="Default: all open bookings.")
@booking_lines.filters
def bookings(out: Output, booking_id: str, state: Sequence[str], reason: Sequence[str], older: int, stack: str) -> int:
    """List bookings by state, age and reason, or show one with the actions on it.

    The exit code is 1 if there is no such booking, 2 if the stack could not be reached.
    """

    def command(target: Target) -> int:
        session = booking_lines.session(out, target)
        if booking_id:
            return show(session, booking_id)
        return tell(session, _letters(target), states=state, reasons=reason, older=older)

    return cli_support.run(out, stack, command)


def tell(
    session: Session,
    dead_letters: Callable[[], int],
    *,
    states: Sequence[str] = (),
    reasons: Sequence[str] = (),
    older: int = 0,
) -> int:
    """Request the list, and print it; `older` is in minutes."""
    order = {"action": "list", "states": [*states], "reasons": [*reasons], "older_than_minutes": older}
    found, unreadable = booking_lines.listed(session, order)
    letters = dead_letters()
    counts = Counter(each["state"] for each in found)
    summary = ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "no bookings"
    without = f", {len(unreadable)} unreadable" if unreadable else ""
    out = session.out
    out.line(f"{session.where}: {summary}{without}; {letters} dead letters")
    now = booking_lines.wall_clock()
    for each in found:
        out.line(f"  {booking_lines.line(each, now)}")
    for each in unreadable:
        out.line(f"  {booking_lines.unreadable_line(each, now)}")
    out.document({"bookings": found, "unreadable": unreadable, "dead_letters": letters})
    return 0


def show(session: Session, booking_id: str) -> int:
    """Print one booking and the actions on it."""
    out = session.out
    answer = session.ask({"action": "show", "booking_id": booking_id})
    if "unreadable" in answer:
        out.line(booking_lines.unreadable_line(answer["unreadable"], booking_lines.wall_clock()))
    elif answer["booking"] is None:
        out.error("there is no such booking")
        return 1
    else:
        out.line(booking_lines.line(answer["booking"], booking_lines.wall_clock()))
        for act in answer["acts"]:
            out.line(f"  {booking_lines.act_line(act)}")
    out.document(answer)
    return 0 if answer["booking"] else 1


def _letters(target: Target) -> Callable[[], int]:
    """Return a function that counts the dead letters, including those in flight."""
    counted = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")

    def count() -> int:
        url = target.output("DeadLetterQueueUrl")
        answer = target.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=list(counted))
        return sum(int(answer["Attributes"][name]) for name in counted)

    return count
