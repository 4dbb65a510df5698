"""An address that cannot exist, beside one that may: how Clinicea says that nothing is there."""

from __future__ import annotations

NO_SUCH_CALL = "noSuchCallOfTheConnector"


def absent_beside(path: str) -> str:
    """Return a path with another last part, which no account has; placeholders stay."""
    parts = path.split("/")
    last = max(number for number, part in enumerate(parts) if part and "{" not in part)
    return "/".join(NO_SUCH_CALL if number == last else part for number, part in enumerate(parts))
