"""The functions over AWS in this process and a fake Clinicea on a socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.clinicea.testing import RunningFake, running_fake
from tests.support.account import Stack, aws_account
from tests.support.deployment import Deployment


@pytest.fixture(scope="package", autouse=True)
def account() -> Iterator[None]:
    with aws_account():
        yield


@pytest.fixture(scope="module")
def clinicea_server(account: None) -> Iterator[RunningFake]:
    with running_fake(seed=23) as fake:
        yield fake


@pytest.fixture
def fake(clinicea_server: RunningFake) -> RunningFake:
    clinicea_server.reset()
    return clinicea_server


@pytest.fixture
def deployment(fake: RunningFake, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    return Deployment(Stack.create(), fake, monkeypatch)
