"""What the privacy tests share: somebody who watches all that leaves, while everybody logs at DEBUG."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import partial

import pytest

from convox_clinicea.bookings import delivery as wiring
from convox_clinicea.bookings.protocol import ProtocolTimings
from convox_clinicea.deadline import SystemClock
from tests.support.deployment import Deployment
from tests.support.exits import Watch


@pytest.fixture
def watch(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Watch]:
    """The deployment is told to log all it can, by every variable that there is for it."""
    deployment.configure(
        POWERTOOLS_LOG_LEVEL="DEBUG",
        LOG_LEVEL="DEBUG",
        AWS_LAMBDA_LOG_LEVEL="DEBUG",
        POWERTOOLS_DEV="true",
        POWERTOOLS_DEBUG="true",
        POWERTOOLS_LOGGER_LOG_EVENT="true",
        LOOKUP_BUDGET_SECONDS="0.5",
    )
    # Pauses between attempts are skipped, and a worker with a second left may still post.
    monkeypatch.setattr(SystemClock, "sleep", lambda *_: None)
    monkeypatch.setattr(wiring, "ProtocolTimings", partial(ProtocolTimings, seconds_for_a_post=0.3))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="POWERTOOLS_DEV")
        yield Watch(deployment, capsys, monkeypatch)
