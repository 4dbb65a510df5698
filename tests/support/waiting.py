"""Waiting for what another thread is about to do."""

from __future__ import annotations

import time
from collections.abc import Callable

_LONGEST = 10.0
_STEP = 0.005


def eventually(condition: Callable[[], object], *, seconds: float = _LONGEST) -> bool:
    """Whether the condition comes true; gives up only after so long that it never will."""
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            return False
        time.sleep(_STEP)
    return True
