"""Addresses that cannot exist, to learn how Clinicea answers them."""

from __future__ import annotations

NO_SUCH_CALL = "noSuchCallOfTheConnector"


def absent_beside(path: str) -> str:
    """Return a path whose last part does not exist on any account; placeholders are kept."""
    parts = path.split("/")
    last = max(number for number, part in enumerate(parts) if part and "{" not in part)
    return "/".join(NO_SUCH_CALL if number == last else part for number, part in enumerate(parts))
