"""AWS while an agent waits: no call outlasts the deadline of the request that is under way.

botocore's time-outs are fixed when a client is made, and hold for one connection and for one read. So where they may
take longer than there is time, a thread makes the call, and whoever asked stops waiting when the deadline has come. The
thread ends by the client's own time-outs; what it wrote all the same is a write whose outcome was not known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cache, partial
from typing import Any

from botocore.exceptions import BotoCoreError

from convox_clinicea.deadline import Deadline

THREADS = 4
"""A request makes one call after the other; the rest are for calls that nobody waits for any more."""

_until: ContextVar[Deadline | None] = ContextVar("until", default=None)


class OutOfTime(BotoCoreError):
    """The deadline came first. Whether a write was made is not known."""

    fmt = "no answer before the deadline"


@contextmanager
def until(deadline: Deadline) -> Iterator[None]:
    """Let no call of a `Prompt` client inside the block outlast the deadline."""
    before = _until.set(deadline)
    try:
        yield
    finally:
        _until.reset(before)


class Prompt:
    """A client whose calls end with the deadline that `until` has set; where there is none, with their time-outs.

    Args:
        longest_seconds: how long a call may take by its time-outs; with more time left than that it needs no thread.
    """

    def __init__(self, client: Any, longest_seconds: float = math.inf) -> None:
        self._client = client
        self._longest_seconds = longest_seconds

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        return partial(_in_time, found, self._longest_seconds) if callable(found) else found


def _in_time(call: Callable[..., Any], longest_seconds: float, **given: Any) -> Any:
    deadline = _until.get()
    if deadline is None or deadline.remaining() > longest_seconds:
        return call(**given)
    if not deadline.expired:
        made = _threads().submit(copy_context().run, partial(call, **given))
        try:
            return made.result(deadline.remaining())
        except TimeoutError:
            made.cancel()  # one that still waits for a thread is not begun
    raise OutOfTime


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="aws")
