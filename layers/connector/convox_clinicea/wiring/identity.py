"""The key from which bookings' ids are derived."""

from __future__ import annotations

from convox_clinicea import aws
from convox_clinicea.errors import ConfigurationError

SHORTEST_KEY = 32


def identity_key(arn: str) -> bytes:
    """Return it; it is not rotated within the retention. Raises ConfigurationError."""
    key = aws.secret(arn).get("key")
    if not isinstance(key, str) or len(key) < SHORTEST_KEY:
        raise ConfigurationError(f"the identity secret needs `key`, of at least {SHORTEST_KEY} characters")
    return key.encode()
