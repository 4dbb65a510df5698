"""`make rotate-token`: change one client's access token; the tokens of all others stay as they are."""

import argparse
import json
import re
import secrets
import string
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from commands import desk
from commands.target import Target

Json = dict[str, Any]
UNNAMED = "convox"
"""The client whose tokens stand in the secret without a name."""
NAME = r"[a-z0-9][a-z0-9_-]{0,31}"
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


def main() -> int:
    """Change, drop or add a token; 1 if nothing was changed, 2 if the stack could not be asked."""
    parser = argparse.ArgumentParser(prog="rotate-token", description=__doc__)
    parser.add_argument("--client", default=UNNAMED, help=f"whose token; default {UNNAMED}, the one without a name")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--drop", action="store_true", help="take the previous token out")
    what.add_argument("--add", action="store_true", help="give a new client its first token")
    desk.confirming(parser)
    desk.on_a_stack(parser)
    wanted = parser.parse_args()
    what_changes = f"{'drop the previous' if wanted.drop else 'add a' if wanted.add else 'change the'} token"
    return desk.run(
        wanted.stack,
        lambda target: carry_out(target, wanted),
        changes=f"{what_changes} of {wanted.client}",
        yes=wanted.yes,
    )


def carry_out(target: Target, wanted: argparse.Namespace) -> int:
    """Change the secret. Standard output gets the new token, and nothing else."""
    token = new_token()
    try:
        arn = target.output("AccessTokensSecretArn")
        change(target.client("secretsmanager"), arn, lambda secret: _edited(secret, wanted, token))
    except NotChanged as reason:
        print(f"nothing was changed: {reason}", file=sys.stderr)
        return NOT_CHANGED
    for line in _next_steps(wanted):
        print(line, file=sys.stderr)
    if not wanted.drop:
        print(token)
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
            f"make rotate-token CLIENT={client} DROP=yes"
        )
    until = (datetime.now(UTC) + PREVIOUS_OPENS).isoformat(timespec="seconds")
    return _with(secret, client, {"current": token, "previous": pair["current"], "previous_until": until})


def dropped(secret: Json, client: str) -> Json:
    """Return the secret without the client's previous token; raises NotChanged."""
    pair = _pair(secret, client)
    if not pair.get("previous"):
        raise NotChanged(f"{client} has no previous token")
    return _with(secret, client, {"current": pair["current"]})


def added(secret: Json, client: str, token: str) -> Json:
    """Return the secret with the first token of a new client; raises NotChanged."""
    if client in clients(secret):
        raise NotChanged(f"there is a client {client} already; without ADD=yes its token is changed")
    if not re.fullmatch(NAME, client):
        raise NotChanged("a client's name has 1 to 32 of a-z 0-9 _ -, and begins with a letter or digit")
    return _with(secret, client, {"current": token})


def clients(secret: Json) -> list[str]:
    """Return the names of all clients in the secret."""
    return sorted({*secret.get("callers", {}), *([UNNAMED] if secret.get("current") else [])})


def new_token() -> str:
    """Return a random token."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(TOKEN_LENGTH))


def change(manager: Any, secret_arn: str, edit: Callable[[Json], Json]) -> None:
    """Read the secret, edit it and make the result current, unless another version became current meanwhile.

    The new version is stored under a label of its own first. Secrets Manager then moves `AWSCURRENT` to it, and
    refuses if that label is no longer on the version that was read.

    Args:
        manager: a client of Secrets Manager.

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
        _forget_label(manager, secret_arn, written)


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


def _forget_label(manager: Any, secret_arn: str, written: str) -> None:
    """Take the label away, so that Secrets Manager may delete the version once it is neither current nor previous."""
    try:
        manager.update_secret_version_stage(SecretId=secret_arn, VersionStage=PENDING, RemoveFromVersionId=written)
    except (ClientError, BotoCoreError) as error:
        print(f"the staging label {PENDING} is left on a version, which does no harm: {error}", file=sys.stderr)


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
        raise NotChanged(f"there is no client {client!r}, only: {', '.join(clients(secret))}; ADD=yes adds one")
    pair: Json = secret.get("callers", {}).get(client, secret)
    return pair


def _has_ended(pair: Json) -> bool:
    until = pair.get("previous_until")
    return until is not None and datetime.fromisoformat(until) <= datetime.now(UTC)


def _with(secret: Json, client: str, pair: Json) -> Json:
    named = secret.get("callers", {})
    if client == UNNAMED and client not in named:
        others = {name: value for name, value in secret.items() if name not in TOKEN_FIELDS}
        return {**pair, **others}
    return {**secret, "callers": {**named, client: pair}}


def _edited(secret: Json, wanted: argparse.Namespace, token: str) -> Json:
    if wanted.drop:
        return dropped(secret, wanted.client)
    return (added if wanted.add else rotated)(secret, wanted.client, token)


def _next_steps(wanted: argparse.Namespace) -> list[str]:
    client = wanted.client
    if wanted.drop:
        return [
            f"the previous token of {client} is dropped; it is refused after at most {AUTHORIZER_SECONDS} s plus "
            "AuthorizerCacheSeconds"
        ]
    lines = [f"the new token of {client}, shown once (the stack's output ReadAccessToken reads it again);"]
    opens = f"it opens after at most {AUTHORIZER_SECONDS} s"
    if wanted.add:
        return [*lines, f"{opens}:"]
    return [
        *lines,
        f"{opens}, the old one goes on opening for {PREVIOUS_OPENS.days} days. Put the new one into ConVox, then:",
        f"make rotate-token CLIENT={client} DROP=yes",
    ]


if __name__ == "__main__":
    sys.exit(main())
