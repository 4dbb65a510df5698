"""`connector logs`: follows the functions' logs while `make run` is running."""

import os
from collections import deque
from pathlib import Path

import click

from commands import cli_support
from commands.cli_support import Output
from commands.event import NAMES

FOLDER = Path(__file__).resolve().parents[1] / ".local" / "logs"
LINES = 20


@cli_support.verb("logs", "logs", "logs search_patient", "logs search_patient --json", on_a_stack=False)
@click.argument("function", type=click.Choice(NAMES), required=False, metavar="[FUNCTION]")
def logs(out: Output, function: str | None) -> int:
    """Follow the logs of all functions, or of one, while `make run` is running; ends with Ctrl-C.

    With --json it does not follow them: it prints the last lines of each log, and ends.
    """
    files = sorted(FOLDER.glob(f"{function or '*'}.log"))
    if not files:
        of = f", of the function {function}" if function else ""
        out.error(f"no logs{of}: make run writes them")
        return 1
    if not out.as_json:
        os.execvp("tail", ["tail", "-n", str(LINES), "-F", *map(str, files)])  # noqa: S606, S607 - tail is everywhere
    out.document({"logs": {each.stem: _last(each) for each in files}})
    return 0


def _last(file: Path) -> list[str]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        return [line.rstrip("\n") for line in deque(lines, LINES)]
