"""Signals such as Ctrl-C: they end the run at once, except where that would leave something behind."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """A signal asked the run to end."""


class _State:
    held = 0
    asked = False


def listen() -> None:
    """Raise Stopped at the first signal from now on; ignore later ones, so that the cleaning up completes."""
    for number in SIGNALS:
        signal.signal(number, _on_signal)


def when_stdin_closes() -> None:
    """End the run when standard input closes, because the parent process has ended."""

    def wait() -> None:
        while sys.stdin.buffer.read(4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    if _State.asked:
        return
    _State.asked = True
    if not _State.held:
        raise Stopped


@contextmanager
def held() -> Iterator[None]:
    """Defer a signal until the end of the block: a started process must be recorded before it can be ended."""
    asked_before = _State.asked
    _State.held += 1
    try:
        yield
    finally:
        _State.held -= 1
    if _State.asked and not asked_before and not _State.held:
        raise Stopped
