"""A rate limiter over the account's table, and what it logs and counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.deadline import Deadline
from convox_clinicea.function import logger, metrics
from convox_clinicea.rate_limits import RateLimiter, RateLimits, Requester
from convox_clinicea.table import Table
from tests.support import emf
from tests.support.account import Stack
from tests.support.clock import NOON, VirtualClock

ASKER = Requester("convox", "agent-7")
METRICS = metrics()
AT_NOON = int(NOON.timestamp())


def allowance(stack: Stack, clock: VirtualClock, *, table: str | None = None, **limits: Any) -> RateLimiter:
    """A new process: it knows nothing of the counters yet."""
    counters = Table(aws.dynamodb_at_once(), table or stack.table)
    return RateLimiter(counters, RateLimits(**limits), clock, logger(), METRICS)


@contextmanager
def recorded_calls() -> Iterator[list[str]]:
    """The names of what is asked of DynamoDB inside the block."""
    asked: list[str] = []

    def record(model: Any, **_: Any) -> None:
        asked.append(model.name)

    events: Any = aws.dynamodb_at_once().meta.events
    events.register("before-call.dynamodb", record)
    yield asked
    events.unregister("before-call.dynamodb", record)


def look_up(counted: RateLimiter, clock: VirtualClock, asker: Requester = ASKER, **found: Any) -> None:
    """What the look-ups' desk does with a look-up."""
    counted.admit(asker)
    over = counted.count(asker, Deadline.after(clock, 2), **found)
    if over is not None:
        raise over


def told(capsys: pytest.CaptureFixture[str], metric: str) -> tuple[list[float], list[dict[str, Any]]]:
    """The metric's values and the log's lines since the last time."""
    if METRICS.metric_set:
        METRICS.flush_metrics()
    output = capsys.readouterr().out
    lines = [json.loads(line) for line in output.splitlines()]
    return emf.values(output, metric), [line for line in lines if "level" in line]
