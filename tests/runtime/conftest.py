"""The built functions under AWS's runtime emulator and runtime client: only boto3 beside the built code."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.build import Build, build
from bench.embedded import CREDENTIALS, EMULATOR, embedded_aws
from bench.runtime import PYTHON, Runtime
from local.clinicea.testing import RunningFake, running_fake
from tests.support import set_clock
from tests.support.account import Stack, forget_clients

Start = Callable[[str], Runtime]
MOVED_CLOCK = Path(__file__).with_name("moved_clock")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Build:
    if not PYTHON.exists() or not EMULATOR.exists():
        pytest.fail("the runtime client is not installed here; run the tests by `make test`", pytrace=False)
    return build(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def clinicea() -> Iterator[RunningFake]:
    with running_fake(seed=7, sample=True) as fake:
        yield fake


@pytest.fixture(scope="module")
def environment(clinicea: RunningFake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The functions' variables, with resources of the embedded AWS behind them."""
    with embedded_aws(tmp_path_factory.mktemp("aws")) as address, pytest.MonkeyPatch.context() as patch:
        reached = {**CREDENTIALS, "AWS_ENDPOINT_URL": address}
        for name, value in reached.items():
            patch.setenv(name, value)
        forget_clients()
        yield Stack.create().environment(clinicea.url) | reached | set_clock.inherited()
    forget_clients()


@pytest.fixture
def start(built: Build, environment: dict[str, str]) -> Iterator[Start]:
    """Start a function's environment, as cold as can be."""
    with ExitStack() as running:

        def cold(name: str) -> Runtime:
            variables = environment | {"POWERTOOLS_SERVICE_NAME": name}
            if set_clock.inherited():
                variables["PYTHONPATH"] = os.pathsep.join([str(built.layer / "python"), str(MOVED_CLOCK)])
            return running.enter_context(Runtime(built.function(name), built.layer, variables))

        yield cold
