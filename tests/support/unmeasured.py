"""Running what need not be measured without the trace function that measures it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

FOLDERS = frozenset({"chaos", "end_to_end", "package", "runtime", "template"})
"""Their tests run the product in other processes, or over and over; being measured would double their time."""


@contextmanager
def unmeasured() -> Iterator[None]:
    """Let coverage see nothing of this block, nor of threads that begin in it.

    pytest-cov's own marker `no_cover` does not do it where several processes share the tests: it measures twice there,
    and stops only one of the two.
    """
    here, in_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        threading.settrace(in_threads)
        sys.settrace(here)
