"""`connector redrive`: returns parked bookings to the worker, through the ledger. Without --go it changes nothing."""

from collections import Counter
from collections.abc import Sequence

import click

from commands import booking_lines, cli_support
from commands.cli_support import Json, Output, Session

AT_A_TIME = 25
"""Bookings per invocation, so that it ends well before the function's time-out."""
BY_NAME_ONLY = ("changed_after_booking", "maybe_same_person", "restored")
"""Reasons that need a check first: there may be another appointment, or the outcome is unknown."""
WHY_NOT = {
    "not_found": "there is no such booking",
    "unreadable": "its record cannot be read by the deployed version",
    "not_parked": "it does not need a person",
    "started": "its start has passed and it was never posted; resolve it",
    "no_content": "its content was replaced after the backup and is lost; look up the call and resolve it",
    "changed_meanwhile": "it has changed; check it again",
}


@cli_support.verb("redrive", "redrive", 'redrive bk_… --go --why "the records were merged"', changes=True)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@booking_lines.filters
@cli_support.going
def redrive(
    out: Output,
    ids: Sequence[str],
    reason: Sequence[str],
    older: int,
    *,
    go: bool,
    why: str,
    yes: bool,
    stack: str,
) -> int:
    """Retry parked bookings: those given by ID, or all that need a person.

    Without --go, it only lists what it would do. The exit code is 1 if a booking could not be redriven, 2 if the
    stack could not be reached.
    """
    if ids and (reason or older):
        raise click.UsageError("give either IDs, or --reason and --older")
    chosen = ", ".join(ids) or "all chosen parked bookings"
    return cli_support.run(
        out,
        stack,
        lambda target: carry_out(booking_lines.session(out, target), ids, reason, older, go=go, why=why),
        changes=f"redrive {chosen}" if go else "",
        yes=yes,
    )


def carry_out(
    session: Session,
    ids: Sequence[str] = (),
    reasons: Sequence[str] = (),
    older: int = 0,
    *,
    go: bool = False,
    why: str = "",
) -> int:
    """Redrive the chosen bookings, and print each result; `older` is in minutes."""
    out, who = session.out, session.who()
    passed: Counter[str] = Counter()
    chosen = [*ids] or _parked(session, reasons, older, passed)
    results: list[Json] = []
    for first in range(0, len(chosen), AT_A_TIME):
        order = {
            "action": "redrive",
            "booking_ids": chosen[first : first + AT_A_TIME],
            "dry_run": not go,
            "who": who,
            "why": why or "dry run",
        }
        for each in session.ask(order)["results"]:
            results.append(each)
            out.line(f"  {_sentence(each, go=go)}")
    left = sum(each["obstacle"] is not None for each in results)
    done = len(results) - left
    out.line(f"{session.where}: {done} {'redriven' if go else 'would be redriven'}, {left} left")
    if done and not go:
        out.line('Nothing was changed. To apply: repeat with --go --why "…"')
    out.document({"dry_run": not go, "redriven": done, "left": left, "results": results, "passed_over": passed})
    return 1 if left else 0


def _parked(session: Session, reasons: Sequence[str], older: int, passed: Counter[str]) -> list[str]:
    order = {"action": "list", "states": ["needs_attention"], "reasons": [*reasons], "older_than_minutes": older}
    found, _unreadable = booking_lines.listed(session, order)
    chosen = [each for each in found if each["reason"] not in BY_NAME_ONLY or each["reason"] in reasons]
    passed.update(each["reason"] for each in found if each not in chosen)
    for reason, count in sorted(passed.items()):
        session.out.line(f"  {count} with reason {reason} skipped; give each ID explicitly")
    return [each["booking_id"] for each in chosen]


def _sentence(result: Json, *, go: bool) -> str:
    if result["obstacle"]:
        return f"left      {result['booking_id']}: {WHY_NOT[result['obstacle']]}"
    posted = "; it was posted before, so it is read back first" if result["booking"]["posted"] else ""
    if not go:
        return f"would be  {result['booking_id']}, {result['booking']['reason']}{posted}"
    sent = "" if result["sent"] else "; the queue did not confirm; the sweeper sends it within the hour"
    return f"redriven  {result['booking_id']}{posted}{sent}\n            {booking_lines.act_line(result['act'])}"
