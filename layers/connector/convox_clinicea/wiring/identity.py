"""The key from which bookings' ids are derived."""

from __future__ import annotations

from convox_clinicea import aws
from convox_clinicea.errors import ConfigurationError
from convox_clinicea.free_text_ids import FreeTextIds
from convox_clinicea.settings import NamingSettings

SHORTEST_KEY = 32


def identity_key(arn: str, *, in_time: bool = False) -> bytes:
    """Return it; it is not rotated within the retention. Raises ConfigurationError."""
    key = aws.secret(arn, in_time=in_time).get("key")
    if not isinstance(key, str) or len(key) < SHORTEST_KEY:
        raise ConfigurationError(f"the identity secret needs `key`, of at least {SHORTEST_KEY} characters")
    return key.encode()


def ids_from(settings: NamingSettings, *, earlier: bool = False, in_time: bool = False) -> FreeTextIds:
    """Return the names under which calls and agents are stored."""
    arn = settings.identity_secret_arn
    return FreeTextIds(lambda: identity_key(arn, in_time=in_time), settings.default_country, earlier=earlier)
