"""`connector usage-key`: gives one client its own throttle and daily quota, without a change in ConVox."""

import secrets
from typing import Any

import click

from commands import cli_support
from commands.cli_support import Output
from commands.rotate_token import NOT_CHANGED, UNNAMED, USAGE_KEY, Json, NotChanged, change, clients
from commands.target import Target

BYTES = 20


@cli_support.verb("usage-key", "usage-key --client north", changes=True)
@click.option("--client", required=True, metavar="NAME", help="A client with a name in the access-token secret.")
def usage_key(out: Output, client: str, *, yes: bool, stack: str) -> int:
    """Give one client its own throttle and daily quota, without a change in ConVox.

    The exit code is 1 if nothing was changed, 2 if the stack could not be reached.
    """
    return cli_support.run(
        out,
        stack,
        lambda target: carry_out(out, target, client),
        changes=f"add a usage key for {client}",
        yes=yes,
    )


def carry_out(out: Output, target: Target, client: str) -> int:
    """Add a new key to the usage plan, then write it into the secret, in this order.

    A key in the secret that is not in the plan would block the client's requests; a key in the plan alone is unused.
    """
    if target.endpoint:
        out.error("nothing was changed: the stack on this machine has no usage plan")
        return NOT_CHANGED
    key = secrets.token_hex(BYTES)
    try:
        change(
            target.client("secretsmanager"),
            target.output("AccessTokensSecretArn"),
            lambda secret: _with_key_in_the_plan(secret, client, key, target),
            out.note,
        )
    except NotChanged as reason:
        out.error(f"nothing was changed: {reason}")
        return NOT_CHANGED
    out.note(f"{client} has a throttle and a daily quota of its own, in a minute or so")
    out.document({"client": client, "own_quota": True})
    return 0


def named(secret: Json, client: str, key: str) -> Json:
    """Return the secret with the client's key; raises NotChanged."""
    callers: dict[str, Json] = secret.get("callers", {})
    if client not in callers:
        unnamed = " (the client without a name has the shared key)" if client == UNNAMED else ""
        raise NotChanged(f"there is no client {client!r} under `callers`{unnamed}, only: {', '.join(clients(secret))}")
    if callers[client].get(USAGE_KEY):
        raise NotChanged(f"{client} has a usage key already")
    return {**secret, "callers": {**callers, client: {**callers[client], USAGE_KEY: key}}}


def _with_key_in_the_plan(secret: Json, client: str, key: str, target: Target) -> Json:
    changed = named(secret, client, key)
    gateway: Any = target.client("apigateway")
    made = gateway.create_api_key(name=f"{target.stack}-{client}", value=key, enabled=True)
    gateway.create_usage_plan_key(usagePlanId=target.output("UsagePlanId"), keyId=made["id"], keyType="API_KEY")
    return changed
