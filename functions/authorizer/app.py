"""Lambda authorizer: checks the access token and names the client."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded
from convox_clinicea.startup import prepare

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.convox.access_tokens import authorize
from convox_clinicea.function import Event, Function
from convox_clinicea.settings import AuthorizerSettings

function = Function(lambda _: AuthorizerSettings.from_environment())
prepare(function.parts)


@function.handles
def handler(event: Event, _context: LambdaContext) -> dict[str, Any]:
    return authorize(function, event)


loaded()
