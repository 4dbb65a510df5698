"""Where the product takes chance from: jitter and fresh tokens. A simulation puts a seeded source here."""

from __future__ import annotations

import random

source: random.Random = random.SystemRandom()


def token() -> str:
    """Return 32 hexadecimal digits that nobody has had before."""
    return f"{source.getrandbits(128):032x}"
