"""The door: a secret in a header, two of them valid at a time so that it can be changed without a gap."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from convox_clinicea.errors import ConfigurationError

CALLER = "convox"
SHORTEST_TOKEN = 16


class AccessTokens(BaseModel):
    """The secret's content: the token in use and, while it is being changed, the one before."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    current: SecretStr
    previous: SecretStr | None = None

    @classmethod
    def from_secret(cls, secret: object) -> AccessTokens:
        """Raises ConfigurationError if it is not of that form, or the current token is too short."""
        try:
            tokens = cls.model_validate(secret)
        except ValidationError:
            raise ConfigurationError("the access-token secret needs `current`, and at most `previous`") from None
        if len(tokens.current.get_secret_value()) < SHORTEST_TOKEN:
            raise ConfigurationError(f"the current access token has fewer than {SHORTEST_TOKEN} characters")
        return tokens

    def admit(self, offered: str) -> bool:
        """Compare in constant time, on bytes; both tokens are always compared."""
        raw = offered.encode("utf-8", "surrogatepass")
        known = [self.current, *([self.previous] if self.previous else [])]
        secrets = [token.get_secret_value().encode() for token in known]
        equal = [hmac.compare_digest(raw, secret) for secret in secrets if len(secret) >= SHORTEST_TOKEN]
        return any(equal)


def policy_for(event: Mapping[str, Any], tokens: AccessTokens, header: str) -> dict[str, Any]:
    """Return the authorizer's answer for an API Gateway REQUEST event.

    The policy is cached by header and serves every route, so it covers the whole stage.
    """
    offered = _values(event, header)
    admitted = len(offered) == 1 and tokens.admit(offered[0])
    api, stage = str(event["methodArn"]).split("/")[:2]
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Allow" if admitted else "Deny",
        "Resource": [f"{api}/{stage}/*"],
    }
    answer: dict[str, Any] = {
        "principalId": CALLER if admitted else "unauthenticated",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
    return {**answer, "context": {"caller": CALLER}} if admitted else answer


def _values(event: Mapping[str, Any], header: str) -> list[str]:
    """Return every value of a header; one that came twice has two, whatever its spelling."""
    several: Mapping[str, list[Any]] = event.get("multiValueHeaders") or {
        name: [value] for name, value in (event.get("headers") or {}).items()
    }
    return [str(value) for name, values in several.items() if name.lower() == header.lower() for value in values]
