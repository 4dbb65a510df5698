"""`./connector <verb>`: the program for operators and integrators. Each verb has a module of its own."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from commands.cli_support import NAME, Output

SECTIONS = {
    "Bookings and calls": {
        "bookings": "bookings",
        "redrive": "redrive",
        "resolve": "resolve",
        "calls": "calls",
        "tasks": "tasks",
        "reconcile": "reconcile",
    },
    "Persons' data": {
        "disclosures": "disclosures",
        "holds": "holds",
        "erase": "holds",
        "withdraw": "withdraw",
    },
    "The desk": {"people": "people"},
    "A deployment": {
        "check-config": "check_config",
        "doctor": "doctor.verb",
        "smoke": "smoke",
        "rotate-token": "rotate_token",
        "usage-key": "usage_key",
        "restore": "restore",
    },
    "The stack on this machine": {"logs": "logs", "invoke": "invoke"},
}
"""The module in `commands` of each verb, in the order of --help. A verb's module is imported on use."""
MODULES = {verb: module for section in SECTIONS.values() for verb, module in section.items()}
INTERRUPTED = 130


class Verbs(click.Group):
    """The verbs, imported one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the verbs' names."""
        return [*MODULES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Return a verb, or None for an unknown name."""
        if cmd_name not in MODULES:
            return None
        found = getattr(importlib.import_module(f"commands.{MODULES[cmd_name]}"), cmd_name.replace("-", "_"))
        if not isinstance(found, click.Command):
            raise TypeError(f"{cmd_name} is not a verb")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs by section."""
        for title, verbs in SECTIONS.items():
            rows = []
            for verb in verbs:
                command = self.get_command(ctx, verb)
                rows.append((verb, command.get_short_help_str(limit=90) if command else ""))
            with formatter.section(title):
                formatter.write_dl(rows)


@click.command(
    cls=Verbs,
    name=NAME,
    epilog="\b\n"
    f"Example: ./{NAME} bookings --state needs_attention\n"
    f'Completion in bash: eval "$(_{NAME.upper()}_COMPLETE=bash_source ./{NAME})"',
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 110},
)
def connector() -> None:
    """Operate the ConVox-Clinicea connector: on the stack that `make run` serves here, or on AWS.

    Each verb has --help, with an example. --stack, --yes and --json mean the same in each.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb, and return its exit code; 2 for invalid arguments."""
    given = sys.argv[1:] if arguments is None else [*arguments]
    try:
        code = connector.main(given, prog_name=NAME, standalone_mode=False)
    except click.ClickException as error:
        if "--json" in given:
            Output(as_json=True).error(error.format_message())
        else:
            error.show()
        return error.exit_code
    except click.Abort:
        Output(as_json="--json" in given).error("interrupted")
        return INTERRUPTED
    return int(code or 0)


if __name__ == "__main__":
    sys.exit(main())
