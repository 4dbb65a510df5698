"""The deployed stack for the end-to-end tests: the launcher itself, run as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.clinicea.server import FakeServer
from tests.end_to_end.api import Api
from tests.end_to_end.aws import Aws
from tests.end_to_end.real_world import RealClinicea, RealWorld

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".tools" / "emulator" / "bin" / "python"
READY_SECONDS = 300
END_SECONDS = 30
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
    file, log = folder / "stack.json", folder / "launcher.log"
    command = [
        str(PYTHON),
        "-m",
        "local",
        "--serve-only",
        "--stack-file",
        str(file),
        "--authentication",
        "staff_session",
        "--until-stdin-closes",  # however this process ends
    ]
    # What takes minutes in a deployment need not in a test.
    # The search by GET is off by default; here its way through the gateway is tried too.
    for parameter in (f"CliniceaUrl={clinicea.url}", "SettleSeconds=30", "SearchByGet=true"):
        command += ["--parameter", parameter]
    with log.open("wb") as output:
        launcher = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=launcher_environment(),
        )
    try:
        end = time.monotonic() + READY_SECONDS
        while not file.is_file():
            if launcher.poll() is not None or time.monotonic() > end:
                pytest.fail(f"the stack did not start:\n{log.read_text()}", pytrace=False)
            time.sleep(0.1)
        yield {**json.loads(file.read_text()), "clinicea_url": clinicea.url}
    finally:
        launcher.send_signal(signal.SIGTERM)
        try:
            launcher.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            launcher.kill()
            launcher.wait()
        if launcher.stdin is not None:
            launcher.stdin.close()


def launcher_environment() -> dict[str, str]:
    """Return the environment without what measures these tests: it has no business in the functions."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "PYTHON"))}


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
