"""While a function loads, nothing becomes garbage: the collector would look through all that is there, again and again.

Each function's `app.py` imports this before everything else, and has `done()` as its last line.
"""

from __future__ import annotations

import gc
from functools import cache

gc.disable()


def done() -> None:
    """Let the collector work from now on, and leave alone what was loaded: it stays as long as the process."""
    _leave_alone()
    gc.enable()


@cache
def _leave_alone() -> None:
    # Once: a process that loads many functions, as tests do, would leave ever more garbage alone. Not asked of the
    # collector, which counts what it leaves alone one by one.
    gc.freeze()
