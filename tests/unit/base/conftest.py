"""The AWS account of the modules that ask for it: clients are slow to make."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.account import Stack, aws_account
from tests.support.clock import VirtualClock
from tests.support.rate_limits import METRICS


@pytest.fixture(scope="module")
def account() -> Iterator[None]:
    with aws_account():
        yield


@pytest.fixture
def stack(account: None) -> Stack:
    return Stack.create()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Name the logger after the test: a logger is one per service and process, and keeps the first test's stream."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", request.node.name)
    METRICS.clear_metrics()
