"""Confirmation before any change, with account, region and stack shown."""

import sys
from collections.abc import Callable


class NotConfirmed(Exception):
    """There is no terminal for the confirmation; the text names the option to confirm beforehand."""


def on_standard_error(text: str) -> None:
    """Print a line on standard error."""
    print(text, file=sys.stderr, flush=True)


def confirmed(
    where: str, what: str, *, yes: bool, say: Callable[[str], None] = on_standard_error, option: str = "--yes"
) -> bool:
    """Print the place of the change, and ask; only the word yes confirms.

    Args:
        where: `Target.address()`.
        what: the change, such as "redrive bookings".
        yes: whether it is confirmed already; then nothing is asked.
        say: prints a line on standard error.
        option: the option to confirm beforehand.

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
    """Raise NotConfirmed if there is no terminal.

    Raises:
        NotConfirmed: standard input is not a terminal.
    """
    if not sys.stdin.isatty():
        raise NotConfirmed(f"nothing was changed: there is no terminal to confirm on. To {what}, repeat with {option}")
