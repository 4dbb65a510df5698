"""What the functions of one process share: its environment, and where logs and warnings go."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout

from tests.chaos.stack import FunctionSettings

QUIET = {
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "POWERTOOLS_METRICS_DISABLED": "true",
    "POWERTOOLS_TRACE_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "chaos",
    "DESK_SOCKETS": "",
}
"""The same for all functions: no logs, and pages of the desk that poll, as no WebSocket API is simulated."""


@contextmanager
def told(functions: Iterable[FunctionSettings]) -> Iterator[None]:
    """Set the environment of all functions, which share this process's and so must agree.

    Raises:
        ValueError: two functions are given different values.
    """
    wanted: dict[str, str] = {}
    for function in functions:
        for name, value in function.environment.items():
            if name not in QUIET and wanted.setdefault(name, value) != value:
                raise ValueError(f"{name} differs between functions")
    before = dict(os.environ)
    os.environ.update(wanted | QUIET)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def quiet() -> Iterator[None]:
    """Drop logs, metrics and warnings: Powertools warns of an invocation that counted nothing."""
    with warnings.catch_warnings(), redirect_stdout(_Nowhere()):
        warnings.simplefilter("ignore")
        yield


class _Nowhere(io.TextIOBase):
    """Where logs and metrics go."""

    def write(self, text: str) -> int:
        return len(text)
