"""`connector rotate-token`: changes one client's access token; the tokens of all others stay as they are."""

import json
import re
import secrets
import string
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from commands import cli_support
from commands.cli_support import NAME as PROGRAM
from commands.cli_support import Output
from commands.confirming import on_standard_error
from commands.target import Target

Json = dict[str, Any]
UNNAMED = "convox"
"""The client whose tokens stand in the secret without a name."""
NAME = r"[a-z0-9][a-z0-9_-]{0,31}"
USAGE_KEY = "usage_key"
"""A named client's own key in the API's usage plan; see commands.usage_key."""
TOKEN_LENGTH = 48
"""As the template generates them: letters and digits."""
AUTHORIZER_SECONDS = 30
"""How long the authorizer keeps what it read of the secret."""
PENDING = "rotate-token"
"""The staging label of a version that is not current yet."""
PREVIOUS_OPENS = timedelta(days=30)
"""How long a token that was changed still opens, if nobody drops it before."""
TOKEN_FIELDS = ("current", "previous", "previous_until")
NOT_CHANGED = 1


class NotChanged(Exception):
    """Nothing was changed; the text says why, and shows no token."""


@cli_support.verb(
    "rotate-token",
    "rotate-token --client north",
    "rotate-token --client north --drop",
    "rotate-token --client south --add",
    changes=True,
)
@click.option("--client", default=UNNAMED, metavar="NAME", help=f"Default: {UNNAMED}, the one without a name.")
@click.option("--drop", is_flag=True, help="Remove the previous token.")
@click.option("--add", is_flag=True, help="Give a new client its first token.")
def rotate_token(out: Output, client: str, *, drop: bool, add: bool, yes: bool, stack: str) -> int:
    """Change one client's access token; the tokens of all others stay as they are.

    Standard output gets the new token, and nothing else. The exit code is 1 if nothing was changed, 2 if the stack
    could not be reached.
    """
    if drop and add:
        raise click.UsageError("--drop and --add exclude one another")
    what_changes = f"{'drop the previous' if drop else 'add a' if add else 'change the'} token"
    return cli_support.run(
        out,
        stack,
        lambda target: carry_out(out, target, client, drop=drop, add=add),
        changes=f"{what_changes} of {client}",
        yes=yes,
    )


def carry_out(out: Output, target: Target, client: str, *, drop: bool = False, add: bool = False) -> int:
    """Change the secret. Standard output gets the new token, and nothing else."""
    token = new_token()
    try:
        arn = target.output("AccessTokensSecretArn")
        manager = target.client("secretsmanager")
        change(manager, arn, lambda secret: _edited(secret, client, token, drop=drop, add=add), out.note)
    except NotChanged as reason:
        out.error(f"nothing was changed: {reason}")
        return NOT_CHANGED
    for line in _next_steps(client, drop=drop, add=add):
        out.note(line)
    if drop:
        out.document({"client": client, "dropped": True})
    else:
        out.line(token)
        out.document({"client": client, "token": token})
    return 0


def rotated(secret: Json, client: str, token: str) -> Json:
    """Return the secret with a new token of the client; the one in use becomes the previous one.

    Raises:
        NotChanged: there is no such client, or its last change is not finished.
    """
    pair = _pair(secret, client)
    if pair.get("previous") and not _has_ended(pair):
        raise NotChanged(
            f"{client} still has a previous token, which ConVox may be sending; once it sends the current one: "
            f"./{PROGRAM} rotate-token --client {client} --drop"
        )
    until = (datetime.now(UTC) + PREVIOUS_OPENS).isoformat(timespec="seconds")
    changed = {"current": token, "previous": pair["current"], "previous_until": until}
    return _with(secret, client, {**_kept(pair), **changed})


def dropped(secret: Json, client: str) -> Json:
    """Return the secret without the client's previous token; raises NotChanged."""
    pair = _pair(secret, client)
    if not pair.get("previous"):
        raise NotChanged(f"{client} has no previous token")
    return _with(secret, client, {**_kept(pair), "current": pair["current"]})


def added(secret: Json, client: str, token: str) -> Json:
    """Return the secret with the first token of a new client; raises NotChanged."""
    if client in clients(secret):
        raise NotChanged(f"there is a client {client} already; without --add its token is changed")
    if not re.fullmatch(NAME, client):
        raise NotChanged("a client's name has 1 to 32 of a-z 0-9 _ -, and begins with a letter or digit")
    return _with(secret, client, {"current": token})


def clients(secret: Json) -> list[str]:
    """Return the names of all clients in the secret."""
    return sorted({*secret.get("callers", {}), *([UNNAMED] if secret.get("current") else [])})


def new_token() -> str:
    """Return a random token."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(TOKEN_LENGTH))


def change(
    manager: Any, secret_arn: str, edit: Callable[[Json], Json], say: Callable[[str], None] = on_standard_error
) -> None:
    """Read the secret, edit it and make the result current, unless another version became current meanwhile.

    The new version is stored under a label of its own first. Secrets Manager then moves `AWSCURRENT` to it, and
    refuses if that label is no longer on the version that was read.

    Args:
        manager: a client of Secrets Manager.
        say: prints a line beside the result.

    Raises:
        NotChanged: `edit` raised it, the secret is not valid, or was changed meanwhile.
    """
    answer = manager.get_secret_value(SecretId=secret_arn)
    read, written = answer["VersionId"], str(uuid.uuid4())
    text = json.dumps(edit(_parsed(answer["SecretString"])))
    manager.put_secret_value(
        SecretId=secret_arn, ClientRequestToken=written, SecretString=text, VersionStages=[PENDING]
    )
    try:
        _make_current(manager, secret_arn, read, written)
    finally:
        _forget_label(manager, secret_arn, written, say)


def _make_current(manager: Any, secret_arn: str, read: str, written: str) -> None:
    try:
        manager.update_secret_version_stage(
            SecretId=secret_arn, VersionStage="AWSCURRENT", MoveToVersionId=written, RemoveFromVersionId=read
        )
    except (ClientError, BotoCoreError):
        current = manager.get_secret_value(SecretId=secret_arn)["VersionId"]
        if current == written:
            return  # its answer was lost, and the SDK's repetition was refused
        if current != read:
            raise NotChanged("the secret was changed by somebody else meanwhile; repeat") from None
        raise


def _forget_label(manager: Any, secret_arn: str, written: str, say: Callable[[str], None]) -> None:
    """Take the label away, so that Secrets Manager may delete the version once it is neither current nor previous."""
    try:
        manager.update_secret_version_stage(SecretId=secret_arn, VersionStage=PENDING, RemoveFromVersionId=written)
    except (ClientError, BotoCoreError) as error:
        say(f"the staging label {PENDING} is left on a version, which does no harm: {error}")


def _parsed(text: str) -> Json:
    try:
        secret = json.loads(text)
    except ValueError:
        raise NotChanged("the secret is not JSON; see docs/security.md#access-tokens") from None
    named = secret.get("callers", {}) if isinstance(secret, dict) else None
    if not isinstance(named, dict) or not all(
        isinstance(pair, dict) and pair.get("current") for pair in named.values()
    ):
        raise NotChanged("the secret has not the form of docs/security.md#access-tokens")
    return dict(secret)


def _pair(secret: Json, client: str) -> Json:
    if client not in clients(secret):
        raise NotChanged(f"there is no client {client!r}, only: {', '.join(clients(secret))}; --add adds one")
    pair: Json = secret.get("callers", {}).get(client, secret)
    return pair


def _kept(pair: Json) -> Json:
    """Return what a client keeps while its tokens change: its usage key."""
    return {name: value for name, value in pair.items() if name == USAGE_KEY}


def _has_ended(pair: Json) -> bool:
    until = pair.get("previous_until")
    return until is not None and datetime.fromisoformat(until) <= datetime.now(UTC)


def _with(secret: Json, client: str, pair: Json) -> Json:
    named = secret.get("callers", {})
    if client == UNNAMED and client not in named:
        others = {name: value for name, value in secret.items() if name not in TOKEN_FIELDS}
        return {**pair, **others}
    return {**secret, "callers": {**named, client: pair}}


def _edited(secret: Json, client: str, token: str, *, drop: bool, add: bool) -> Json:
    if drop:
        return dropped(secret, client)
    return (added if add else rotated)(secret, client, token)


def _next_steps(client: str, *, drop: bool, add: bool) -> list[str]:
    if drop:
        return [
            f"the previous token of {client} is dropped; it is refused after at most {AUTHORIZER_SECONDS} s plus "
            "AuthorizerCacheSeconds"
        ]
    lines = [f"the new token of {client}, shown once (the stack's output ReadAccessToken reads it again);"]
    opens = f"it opens after at most {AUTHORIZER_SECONDS} s"
    if add:
        return [*lines, f"{opens}:"]
    return [
        *lines,
        f"{opens}, the old one goes on opening for {PREVIOUS_OPENS.days} days. Put the new one into ConVox, then:",
        f"./{PROGRAM} rotate-token --client {client} --drop",
    ]
