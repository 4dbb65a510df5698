"""The one question before anything is changed, with account, region and stack in sight."""

import sys

YES = "YES=yes (--yes)"


class NotConfirmed(Exception):
    """Nobody is there to say yes; the text says how to say it beforehand."""


def confirmed(where: str, what: str, *, yes: bool) -> bool:
    """Print where something is about to be changed, and ask; nothing but the word yes is a yes.

    Args:
        where: `Target.address()`.
        what: what is about to be done, such as "redrive bookings".
        yes: it was said beforehand; nothing is asked.

    Raises:
        NotConfirmed: there is no terminal to ask on.
    """
    print(where, file=sys.stderr, flush=True)
    if yes:
        return True
    require_terminal(what)
    print(f"{what[:1].upper()}{what[1:]}? yes/no: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() == "yes":
        return True
    print("nothing was changed", file=sys.stderr)
    return False


def require_terminal(what: str) -> None:
    """Refuse to go on where nobody can be asked.

    Raises:
        NotConfirmed: standard input is no terminal.
    """
    if not sys.stdin.isatty():
        raise NotConfirmed(f"nothing was changed: there is no terminal to ask on. To {what}: the same with {YES}")
