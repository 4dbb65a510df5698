"""While a function loads, nothing becomes garbage: the collector would look through all that is there, again and again.

Each function's `app.py` imports this before everything else, and has `done()` as its last line.
"""

from __future__ import annotations

import gc

gc.disable()


def done() -> None:
    """Let the collector work from now on, and leave alone what was loaded: it stays as long as the process."""
    if not gc.get_freeze_count():
        gc.freeze()
    gc.enable()
