"""A small OpenID provider on a socket: discovery, authorization, token endpoint with PKCE.

with openid_provider() as provider:
    back = provider.sign_in(address)   # what the browser is sent back to, after the person has signed in
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from tests.support.small_server import Action, Reply, Seen, SmallServer, json_reply

COGNITO = "https://cognito-idp.ap-south-1.amazonaws.com/pool"
"""The issuer of the user pool `pool`."""
CLIENT = "desk-client"
SECRET = "a+b/c=d"
AGENT = {
    "sub": "0d2f0a52-person",
    "custom:agent_id": "agent-7",
    "cognito:groups": ["agents"],
    "cognito:username": "asha",
    "name": "Asha Demo",
}
"""Claims of an invented person."""


@dataclass
class Provider:
    """What the provider does; tests change its attributes.

    Attributes:
        issuer: as discovery and id tokens say it.
        claims: of the person who signs in.
        token_answer: what the token endpoint answers instead.
        discovery_answer: what discovery answers instead.
    """

    url: str = ""
    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=lambda: dict(AGENT))
    token_answer: Action | None = None
    discovery_answer: Action | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def sign_in(self, address: str) -> str:
        """Return where the browser is sent after the person has signed in at `address`."""
        asked = dict(parse_qsl(urlsplit(address).query))
        code = f"code-{len(self.codes) + 1}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def answer(self, request: Seen) -> Action:
        """Answer as the provider."""
        if request.path == "/pool/.well-known/openid-configuration":
            return self.discovery_answer or json_reply(
                {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "end_session_endpoint": f"{self.url}/logout",
                }
            )
        if request.path == "/":  # Cognito's own API, of which the desk asks one thing
            return json_reply({"UserPoolClient": {"ClientSecret": SECRET}})
        return self.token_answer or self._token(request)

    def _token(self, request: Seen) -> Reply:
        named = {name.lower(): value for name, value in request.headers.items()}
        pair = base64.b64decode(named["authorization"].removeprefix("Basic ")).decode().split(":")
        asked = self.codes.pop(request.form.get("code", ""), None)
        digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        if [unquote(each) for each in pair] != [CLIENT, SECRET]:
            return json_reply({"error": "invalid_client"}, 401)
        if asked is None or asked["code_challenge"] != base64.urlsafe_b64encode(digest).rstrip(b"=").decode():
            return json_reply({"error": "invalid_grant"}, 400)
        if asked["redirect_uri"] != request.form.get("redirect_uri"):
            return json_reply({"error": "invalid_grant"}, 400)
        expiry = int(datetime.now(UTC).timestamp()) + 3600
        told = {"iss": self.issuer, "aud": CLIENT, "exp": expiry, "nonce": asked["nonce"]}
        return json_reply({"id_token": token_of(told | self.claims), "token_type": "Bearer"})


def token_of(claims: dict[str, Any]) -> str:
    """Return an id token of these claims; its signature is none."""
    parts = ({"alg": "RS256"}, claims)
    return ".".join(
        [*(base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts), "s"]
    )


@contextmanager
def openid_provider() -> Iterator[Provider]:
    """Serve a provider for as long as the block lasts."""
    provider = Provider()
    with SmallServer(provider.answer) as server:
        provider.url, provider.issuer = server.url, f"{server.url}/pool"
        yield provider
