"""Access tokens of clients; each has a current and a previous one, so rotation causes no outage."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Annotated, Any

from aws_lambda_powertools.metrics import MetricUnit
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
)

from convox_clinicea import aws
from convox_clinicea.convox.fields import CALLER_NAME, CallerName
from convox_clinicea.errors import ConfigurationError
from convox_clinicea.function import Event, Function
from convox_clinicea.settings import AuthorizerSettings

CALLER = "convox"
"""Name of the client whose tokens are in the secret without a name."""
SHORTEST_TOKEN = 16
TOKENS_SECONDS = 30
"""Maximum age of the cached secret in seconds; after that a removed token is refused."""
BEARER = re.compile(r"bearer +", re.IGNORECASE)


def is_token(text: str) -> bool:
    """Return whether a text is a valid token: long enough, of visible characters, without blanks at its ends.

    Tokens are not trimmed. HTTP removes blanks from both ends of a header's value, so a token with such blanks could
    never be sent.
    """
    return len(text) >= SHORTEST_TOKEN and text.isprintable() and text == text.strip()


def _token_checked(token: SecretStr) -> SecretStr:
    if not is_token(token.get_secret_value()):
        raise ValueError("is not a valid token")
    return token


Token = Annotated[SecretStr, AfterValidator(_token_checked)]


UsageKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{20,128}$")]


class _Content(BaseModel):
    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", hide_input_in_errors=True)


class TokenPair(_Content):
    """A client's current token and, during a rotation, the previous one.

    Attributes:
        usage_key: value of the client's own key in the API's usage plan; not a secret, because no request can carry it.
    """

    current: Token
    previous: SecretStr | None = None
    previous_until: AwareDatetime | None = None
    usage_key: UsageKey | None = None

    def tokens(self) -> set[bytes]:
        """Return the valid tokens of the pair."""
        return {self.current.get_secret_value().encode(), *self.earlier()}

    def earlier(self) -> set[bytes]:
        """Return the previous token, if it is valid."""
        token = "" if self.previous is None else self.previous.get_secret_value()
        return {token.encode()} if is_token(token) else set()

    def has_ended(self, now: datetime) -> bool:
        """Return whether the previous token has expired."""
        return self.previous_until is not None and self.previous_until <= now


class _Secret(_Content):
    """The secret: the pair of the client `convox`, the pairs of named clients, or both."""

    current: Token | None = None
    previous: SecretStr | None = None
    previous_until: AwareDatetime | None = None
    callers: dict[CallerName, TokenPair] = Field(default_factory=dict)

    def pairs(self) -> dict[str, TokenPair]:
        """Return each client's pair.

        Raises:
            ConfigurationError: two clients share a name or a token, a previous token has no current one, or there is
                no token.
        """
        if self.current is None and self.previous:
            raise ConfigurationError(
                "the access-token secret has a previous token without a current one: make it current or remove it"
            )
        flat = {}
        if self.current is not None:
            unnamed = TokenPair(current=self.current, previous=self.previous, previous_until=self.previous_until)
            flat = {CALLER: unnamed}
        pairs = {**flat, **self.callers}
        if not pairs:
            raise ConfigurationError("the access-token secret has no current token")
        if len(pairs) < len(flat) + len(self.callers):
            raise ConfigurationError(f"the access-token secret has the client {CALLER} twice")
        for one, other in combinations(sorted(pairs), 2):
            if pairs[one].tokens() & pairs[other].tokens():
                raise ConfigurationError(f"the access-token secret gives {one} and {other} the same token")
        return pairs


@dataclass(frozen=True)
class AccessTokens:
    """The tokens of each client; no two clients share one."""

    _by_caller: Mapping[str, TokenPair]

    @classmethod
    def from_secret(cls, secret: object) -> AccessTokens:
        """Read `{"current", "previous", "previous_until", "callers": {"<name>": {the same three, "usage_key"}}}`.

        Raises:
            ConfigurationError: it has another form, a name or a current token is invalid, or two clients share a
                token or a name.
        """
        try:
            content = _Secret.model_validate(secret)
        except ValidationError as error:
            wrong = ", ".join(sorted({_place(each["loc"]) for each in error.errors(include_input=False)}))
        else:
            return cls(content.pairs())
        raise ConfigurationError(
            'the access-token secret must be {"current", "previous", "callers": {"<name>": {"current", "previous"}}}: '
            f"a current token of at least {SHORTEST_TOKEN} visible characters, without blanks at its ends, names of "
            f"{CALLER_NAME}; wrong: {wrong}"
        )

    @property
    def callers(self) -> list[str]:
        """Return the names of all clients."""
        return sorted(self._by_caller)

    def admit(self, offered: str, on_previous: Callable[[], None] = lambda: None) -> str | None:
        """Return the client's name, or None. In constant time: every token is always compared.

        Args:
            on_previous: called if the previous token was used.
        """
        raw = offered.encode("utf-8", "surrogatepass")
        known = [(name, token) for name, pair in self._by_caller.items() for token in pair.tokens()]
        equal = [(name, token) for name, token in known if hmac.compare_digest(raw, token)]
        if not equal:
            return None
        name, token = equal[0]
        pair = self._by_caller[name]
        if token in pair.earlier():
            if pair.has_ended(datetime.now(UTC)):
                return None
            on_previous()
        return name

    def usage_key(self, caller: str) -> str | None:
        """Return a client's own key in the API's usage plan."""
        return self._by_caller[caller].usage_key

    def __repr__(self) -> str:
        return f"AccessTokens({', '.join(self.callers)})"


def policy_for(
    event: Mapping[str, Any],
    tokens: AccessTokens,
    header: str,
    on_previous: Callable[[], None] = lambda: None,
    shared_usage_key: str = "",
) -> dict[str, Any]:
    """Return the authorizer's answer for an API Gateway REQUEST event.

    The policy is cached by header and serves every route, so it covers the whole stage. The answer includes the key by
    which API Gateway counts the client's requests.

    Args:
        on_previous: called if a client's previous token was used.
        shared_usage_key: the key of all clients without one of their own.
    """
    offered = [_token(value, header) for value in _values(event, header)]
    caller = tokens.admit(offered[0], on_previous) if len(offered) == 1 and offered[0] is not None else None
    api, stage = str(event["methodArn"]).split("/")[:2]
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Allow" if caller else "Deny",
        "Resource": [f"{api}/{stage}/*"],
    }
    answer: dict[str, Any] = {
        "principalId": caller or "unauthenticated",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
    if caller is None:
        return answer
    usage_key = tokens.usage_key(caller) or shared_usage_key
    return {**answer, "context": {"caller": caller}, **({"usageIdentifierKey": usage_key} if usage_key else {})}


def _token(value: str, header: str) -> str | None:
    """Return the token in a header's value.

    The value of `Authorization` is `Bearer` and the token. Any other header holds the token alone.
    """
    if header.lower() != "authorization":
        return value
    scheme = BEARER.match(value)
    return value[scheme.end() :] if scheme else None


def _values(event: Mapping[str, Any], header: str) -> list[str]:
    """Return every value of a header, in any spelling of its name."""
    several: Mapping[str, list[Any] | None] = event.get("multiValueHeaders") or {
        name: [value] for name, value in (event.get("headers") or {}).items()
    }
    return [str(value) for name, values in several.items() if name.lower() == header.lower() for value in values or ()]


def _place(location: tuple[int | str, ...]) -> str:
    """Return the place of an error, using known names only: any other name may be a misplaced secret."""
    known = [str(part) for part in location if part in _Secret.model_fields]
    return ".".join(known) or "its form"


def authorize(function: Function[AuthorizerSettings], event: Event) -> dict[str, Any]:
    """Return the gateway's policy for a request; count unknown and previous tokens.

    The gateway caches answers, so a repeated unknown token is not counted each time.
    """
    known, count = function.parts(), function.metrics.add_metric
    tokens = AccessTokens.from_secret(aws.secret(known.access_tokens_secret_arn, TOKENS_SECONDS, in_time=True))

    def previous_used() -> None:
        count("PreviousTokenUsed", MetricUnit.Count, 1)

    answer = policy_for(event, tokens, known.access_token_header, previous_used, known.shared_usage_key)
    count("UnknownToken", MetricUnit.Count, int("context" not in answer))
    return answer
