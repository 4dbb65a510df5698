"""`connector people`: who may sign in at the desk, as which agent, who is signed in, and what operators changed."""

import re

import click

from commands import cli_support, people_actions
from commands.cli_support import Output
from commands.people_actions import ACTIONS, READING, Wanted
from convox_clinicea.desk.sign_in import LONGEST_CLAIM, ROLES
from convox_clinicea.privacy import is_telling, tells

EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
COUNTRY = "IN"
LONGEST_REASON = 200
NEEDS_REASON = ("disable", "sign-out")


@cli_support.verb(
    "people",
    "people list",
    'people add asha --agent-id agent-7 --name "Asha Demo" --temporary-password',
    'people disable asha --why "has left"',
    changes=True,
)
@click.argument("action", type=click.Choice(ACTIONS), metavar="ACTION")
@click.argument("user", default="", metavar="[USER]")
@click.option("--agent-id", default="", metavar="ID", help="For add: the person's login name in ConVox.")
@click.option("--name", default="", metavar="TEXT", help="For add: the name that the desk shows. Default: USER.")
@click.option("--role", type=click.Choice(sorted(ROLES)), default="agents", help="For add. Default: agents.")
@click.option("--email", default="", metavar="ADDRESS", help="For add: where Cognito sends a temporary password.")
@click.option("--temporary-password", is_flag=True, help="For add: print a temporary password instead.")
@click.option("--why", default="", metavar="TEXT", help="Reason for the audit entry; required by disable and sign-out.")
def people(
    out: Output,
    action: str,
    user: str,
    agent_id: str,
    name: str,
    role: str,
    email: str,
    why: str,
    *,
    temporary_password: bool,
    yes: bool,
    stack: str,
) -> int:
    """List who may sign in at the desk and who is signed in; add or disable a person.

    ACTION is one of list, add, disable, enable, password (prints a new temporary one), sign-out (ends all sessions)
    and acts (what operators did). USER is the user name, or the person's id as list shows it. The exit code is 1 if
    nothing was changed, 2 if the stack could not be reached.
    """
    wanted = Wanted(action, user.strip(), name.strip() or user.strip(), agent_id.strip(), role, email.strip(), why)
    _check(wanted, temporary_password=temporary_password)
    changes = "" if action in READING else f"{action} {_described(wanted)}"
    return cli_support.run(
        out, stack, lambda target: people_actions.carry_out(out, target, wanted), changes=changes, yes=yes
    )


def _check(wanted: Wanted, *, temporary_password: bool) -> None:
    """Raise UsageError for what cannot be meant."""
    adds = wanted.action == "add"
    if (wanted.action in READING) is bool(wanted.user):
        raise click.UsageError(f"{wanted.action} takes no USER" if wanted.user else f"{wanted.action} needs a USER")
    if not adds and (wanted.agent_id or wanted.email or temporary_password):
        raise click.UsageError("--agent-id, --email and --temporary-password are for add")
    if wanted.action in NEEDS_REASON:
        cli_support.require_reason(wanted.why)
    if len(wanted.why) > LONGEST_REASON or is_telling(wanted.why) or not wanted.why.isprintable():
        raise click.UsageError("--why holds a telephone number or an address, or is too long for the audit")
    if not adds:
        return
    if not wanted.agent_id.isprintable() or not 0 < len(wanted.agent_id) <= LONGEST_CLAIM:
        raise click.UsageError(f"--agent-id is needed: the login name in ConVox, 1 to {LONGEST_CLAIM} characters")
    if tells(wanted.agent_id, COUNTRY):
        raise click.UsageError("--agent-id holds a telephone number or an address; pop-ups with such an id are refused")
    if bool(wanted.email) is temporary_password:
        raise click.UsageError(
            "how does the first password reach the person? Either --email ADDRESS (Cognito sends it), or "
            "--temporary-password (printed once here, for you to hand over)"
        )
    if wanted.email and not EMAIL.fullmatch(wanted.email):
        raise click.UsageError("--email is no e-mail address")


def _described(wanted: Wanted) -> str:
    return f"{wanted.user} as {wanted.agent_id} ({wanted.role})" if wanted.action == "add" else wanted.user
