"""What need not be measured is not, and all that comes after it is."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from tests.support.unmeasured import unmeasured


@pytest.fixture
def traced() -> Iterator[list[str]]:
    """The names of the functions that were called under a trace function, here and in new threads."""
    called: list[str] = []

    def trace(frame: FrameType, event: str, _given: Any) -> None:
        if event == "call":
            called.append(frame.f_code.co_name)

    here, in_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(trace)
    threading.settrace(trace)
    yield called
    threading.settrace(in_threads)
    sys.settrace(here)


def something() -> None:
    pass


def in_a_thread() -> None:
    pass


def do() -> None:
    something()
    thread = threading.Thread(target=in_a_thread)
    thread.start()
    thread.join()


def test_nothing_inside_is_traced_and_everything_after_it_is(traced: list[str]) -> None:
    with unmeasured():
        do()
    assert not {"something", "in_a_thread"} & set(traced)

    do()
    assert {"something", "in_a_thread"} <= set(traced)


def test_an_error_inside_leaves_it_measured_again(traced: list[str]) -> None:
    with pytest.raises(ValueError, match="inside"), unmeasured():
        raise ValueError("inside")
    something()

    assert "something" in traced
