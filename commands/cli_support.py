"""Support for the verbs of `./connector`: their common options, their output for people and programs, their stack."""

import functools
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import click

from commands.confirming import NotConfirmed, confirmed
from commands.explaining import REFUSED, explained
from commands.target import Target

Json = dict[str, Any]
Ask = Callable[[Json], Json]
"""Sends a request to one of the stack's functions and returns its answer."""
NAME = "connector"
NOT_WANTED = 1
COULD_NOT_ASK = 2
SHORTEST_REASON = 3
"""Characters; the stack's functions refuse a shorter reason."""
MEANT = "local for the stack on this machine, or a stack's name on AWS; default: the one that make run serves, else"
FUNCTION_SECONDS = 60


class Output:
    """Output of a verb: lines for people or, with --json, one document for programs.

    Results go to standard output. Notes and errors go to standard error, with --json as one JSON object a line.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json

    def line(self, text: str) -> None:
        """Print a line of the result for people."""
        if not self.as_json:
            print(text, flush=True)

    def document(self, document: Mapping[str, Any]) -> None:
        """Print the whole result for programs."""
        if self.as_json:
            print(json.dumps(document, indent=2, ensure_ascii=False), flush=True)

    def note(self, text: str) -> None:
        """Print a note that is not a result: the stack's address, progress, a next step."""
        self._aside("note", text)

    def error(self, text: str) -> None:
        """Print why there is no result, or only a part of it."""
        self._aside("error", text)

    def _aside(self, kind: str, text: str) -> None:
        print(
            json.dumps({kind: text.strip()}, ensure_ascii=False) if self.as_json else text, file=sys.stderr, flush=True
        )


@dataclass(frozen=True)
class Session:
    """A verb's run on one stack: its output, a function of the stack to call, and the operator."""

    out: Output
    ask: Ask
    where: str
    who: Callable[[], str]


class Read(click.ParamType[Any]):
    """Type of an option that a function parses; its ValueError has the message."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the parsed value."""
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def verb(
    name: str, *examples: str, on_a_stack: bool = True, changes: bool = False
) -> Callable[[Callable[..., int]], click.Command]:
    """Turn a function into a verb: it gets the verb's `Output` and its options, and returns the exit code.

    Args:
        examples: for --help, without `./connector`.
        on_a_stack: whether it has --stack.
        changes: whether it changes something and has --yes, to confirm beforehand.
    """

    def decorate(function: Callable[..., int]) -> click.Command:
        @functools.wraps(function)
        def called(*, as_json: bool, **options: Any) -> None:
            click.get_current_context().exit(function(Output(as_json=as_json), **options))

        shown = "\n".join(f"  ./{NAME} {each}" for each in examples)
        command = click.command(name, epilog=f"\b\nExample{'s' * (len(examples) > 1)}:\n{shown}")(called)
        if changes:
            command.params.append(click.Option(["--yes"], is_flag=True, help="Do not ask for confirmation."))
        if on_a_stack:
            meant = f"{MEANT} the one that deploy.toml names."
            command.params.append(click.Option(["--stack"], default="", metavar="NAME", help=meant))
        as_json = click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON document, errors too.")
        command.params.append(as_json)
        return command

    return decorate


def run(out: Output, stack: str, command: Callable[[Target], int], *, changes: str = "", yes: bool = False) -> int:
    """Run a verb on a stack after printing its account and region; a refusal is one line.

    Args:
        stack: the value of --stack, see `Target.find`.
        changes: description of the change to confirm; empty for a verb that only reads.
        yes: whether the change is confirmed already.

    Returns:
        The verb's exit code; 1 if the answer was no, 2 if the stack could not be reached or nobody could answer.
    """
    target: Target | None = None
    try:
        target = Target.find(stack)
        if changes and not confirmed(target.address(), changes, yes=yes, say=out.note):
            return NOT_WANTED
        if not changes and not target.endpoint:
            out.note(target.address())
        return command(target)
    except REFUSED as error:
        out.error(f"{target or 'refused'}: {explained(error, target)}")
    except NotConfirmed as error:
        out.error(str(error))
    return COULD_NOT_ASK


def day(text: str) -> date:
    """Parse a day; an impossible date would give an empty result."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("a day is such as 2026-12-01") from None


def require_reason(why: str) -> None:
    """Raise UsageError for a reason that is missing, or too short for the audit."""
    if not why.strip():
        raise click.UsageError('--why "…" is missing: the audit\'s line says why')
    if len(why.strip()) < SHORTEST_REASON:
        raise click.UsageError(f'--why "{why}" is too short: at least {SHORTEST_REASON} characters')


def going(function: Callable[..., int]) -> Callable[..., int]:
    """Add the options that apply a plan: --go, and --why with it."""

    @functools.wraps(function)
    def called(out: Output, *, go: bool, why: str, **options: Any) -> int:
        if go:
            require_reason(why)
        return function(out, go=go, why=why, **options)

    reason = click.option("--why", default="", metavar="TEXT", help="Reason for the audit entry; required with --go.")
    return click.option("--go", is_flag=True, help="Apply the changes; without it, nothing is changed.")(reason(called))


DAY = Read("YYYY-MM-DD", day)
