"""The deployed stack for the end-to-end tests: the launcher itself, run as a user runs it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.clinicea.server import FakeServer
from tests.end_to_end.api import Api
from tests.end_to_end.aws import Aws
from tests.end_to_end.real_world import RealClinicea, RealWorld
from tests.support.serving import served

SEED = 1


@pytest.fixture(scope="session")
def clinicea() -> Iterator[FakeServer]:
    """The stack's Clinicea, in this process, so that the simulation's faults and its judge get at it."""
    with FakeServer(RealClinicea(SEED), port=0) as server:
        yield server


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, clinicea: FakeServer) -> Iterator[dict[str, str]]:
    """Start `python -m local --serve-only` with that Clinicea; yields the contents of its stack file."""
    folder = tmp_path_factory.mktemp("stack")
    # What takes minutes in a deployment need not in a test.
    # The search by GET is off by default; here its way through the gateway is tried too.
    parameters = (f"CliniceaUrl={clinicea.url}", "SettleSeconds=30", "SearchByGet=true")
    given = [word for parameter in parameters for word in ("--parameter", parameter)]
    with served(folder, "--authentication", "staff_session", *given) as told:
        yield {**told, "clinicea_url": clinicea.url}


@pytest.fixture(scope="session")
def api(stack: dict[str, str]) -> Api:
    """The stack's API, as ConVox calls it."""
    return Api(stack)


@pytest.fixture(scope="session")
def aws(stack: dict[str, str]) -> Aws:
    """The account that the stack is deployed in; its notices are listened to."""
    account = Aws(stack)
    account.listen()
    return account


@pytest.fixture(scope="session")
def world(clinicea: FakeServer, api: Api, aws: Aws) -> RealWorld:
    """All of it, as the simulation's judge wants to see it."""
    core = clinicea.core
    assert isinstance(core, RealClinicea)
    return RealWorld(core, clinicea.lock, api, aws)
