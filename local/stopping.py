"""Ctrl-C and its kin: they end the run where it is, except where that would leave something behind."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked the run to end."""


class _State:
    held = 0
    asked = False


def listen() -> None:
    """From now on a signal raises Stopped, once; later ones are ignored, so that cleaning up is not cut short."""
    for number in SIGNALS:
        signal.signal(number, _on_signal)


def when_stdin_closes() -> None:
    """End the run when standard input does: the parent that holds its other end is gone, however it ended."""

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
    """Put a signal off until the end of the block: a process just started must be known before it can be ended."""
    asked_before = _State.asked
    _State.held += 1
    try:
        yield
    finally:
        _State.held -= 1
    if _State.asked and not asked_before and not _State.held:
        raise Stopped
