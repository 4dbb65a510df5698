"""The one question before anything is changed, with account, region and stack in sight."""

import sys
from collections.abc import Callable


class NotConfirmed(Exception):
    """Nobody is there to say yes; the text says how to say it beforehand."""


def on_standard_error(text: str) -> None:
    """Print a line beside the result."""
    print(text, file=sys.stderr, flush=True)


def confirmed(
    where: str, what: str, *, yes: bool, say: Callable[[str], None] = on_standard_error, option: str = "--yes"
) -> bool:
    """Print where something is about to be changed, and ask; nothing but the word yes is a yes.

    Args:
        where: `Target.address()`.
        what: what is about to be done, such as "redrive bookings".
        yes: it was said beforehand; nothing is asked.
        say: prints a line beside the result.
        option: how to say yes beforehand.

    Raises:
        NotConfirmed: there is no terminal to confirm on.
    """
    say(where)
    if yes:
        return True
    require_terminal(what, option)
    print(f"{what[:1].upper()}{what[1:]}? yes/no: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() == "yes":
        return True
    say("nothing was changed")
    return False


def require_terminal(what: str, option: str = "--yes") -> None:
    """Refuse to go on where nobody can be asked.

    Raises:
        NotConfirmed: standard input is no terminal.
    """
    if not sys.stdin.isatty():
        raise NotConfirmed(f"nothing was changed: there is no terminal to confirm on. To {what}, repeat with {option}")
