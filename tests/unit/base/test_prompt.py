"""Calls of AWS that no agent waits for beyond the deadline."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import pytest

from convox_clinicea.aws import AWS_ERRORS, THREADS, DeadlineClient, OutOfTime, deadline_scope
from convox_clinicea.deadline import Deadline, SystemClock
from tests.support.clock import VirtualClock

WHOSE: ContextVar[str] = ContextVar("whose", default="nobody's")


class Client:
    """What botocore's clients are to `DeadlineClient`: methods, and something that is none."""

    region = "ap-south-1"

    def __init__(self, effect: Callable[[], object] = lambda: None) -> None:
        self._effect = effect
        self.calls: list[dict[str, Any]] = []
        self.threads: list[str] = []

    def put_item(self, **given: Any) -> object:
        self.calls.append(given)
        self.threads.append(threading.current_thread().name)
        return self._effect()


@pytest.fixture
def stalled() -> Iterator[threading.Event]:
    """An answer that does not come as long as the test lasts."""
    event = threading.Event()
    yield event
    event.set()


def soon(seconds: float = 30.0) -> Deadline:
    return Deadline.after(SystemClock(), seconds)


def test_what_was_asked_is_answered() -> None:
    client = Client(lambda: "done")

    with deadline_scope(soon()):
        assert DeadlineClient(client).put_item(TableName="t") == "done"

    assert client.calls == [{"TableName": "t"}]


def test_an_error_is_raised_as_it_is() -> None:
    def fails() -> None:
        raise KeyError("Item")

    with deadline_scope(soon()), pytest.raises(KeyError, match="Item"):
        DeadlineClient(Client(fails)).put_item()


def test_nobody_waits_beyond_the_deadline(stalled: threading.Event) -> None:
    client = Client(stalled.wait)

    with deadline_scope(soon(0.05)), pytest.raises(OutOfTime):
        DeadlineClient(client).put_item(TableName="t")

    assert not stalled.is_set(), "it has answered"
    assert len(client.calls) == 1


def test_the_nearer_of_two_deadlines_counts(stalled: threading.Event) -> None:
    with deadline_scope(soon()), deadline_scope(soon(0.05)), pytest.raises(OutOfTime):
        DeadlineClient(Client(stalled.wait)).put_item()

    assert not stalled.is_set()


def test_after_the_deadline_nothing_is_begun() -> None:
    client = Client()

    with deadline_scope(Deadline.after(VirtualClock(), 0)), pytest.raises(OutOfTime):
        DeadlineClient(client).put_item()

    assert client.calls == []


def test_calls_that_nobody_waits_for_do_not_hold_up_an_answer(stalled: threading.Event) -> None:
    waiting = Client(stalled.wait)
    for _ in range(2 * THREADS):
        with deadline_scope(soon(0.02)), pytest.raises(OutOfTime):
            DeadlineClient(waiting).put_item()

    assert len(waiting.calls) <= THREADS, "no more than there are threads, and none in a queue behind them"


def test_where_nobody_waits_no_thread_is_needed() -> None:
    client = Client()

    DeadlineClient(client).put_item()

    assert client.threads == [threading.current_thread().name]


def test_nor_where_the_call_s_own_time_outs_end_it_soon_enough(stalled: threading.Event) -> None:
    client = Client()

    with deadline_scope(soon()):
        DeadlineClient(client, longest_seconds=1).put_item()
    with deadline_scope(soon(0.05)), pytest.raises(OutOfTime):
        DeadlineClient(Client(stalled.wait), longest_seconds=1).put_item()

    assert client.threads == [threading.current_thread().name]


def test_the_call_belongs_to_whoever_made_it() -> None:
    token = WHOSE.set("ours")
    try:
        with deadline_scope(soon()):
            assert DeadlineClient(Client(WHOSE.get)).put_item() == "ours"
    finally:
        WHOSE.reset(token)


def test_what_is_no_call_is_passed_on() -> None:
    assert DeadlineClient(Client()).region == "ap-south-1"


def test_it_is_an_error_of_awss_that_says_nothing_of_the_request() -> None:
    assert isinstance(OutOfTime(), AWS_ERRORS)
    assert str(OutOfTime()) == "no answer before the deadline"
