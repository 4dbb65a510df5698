"""The sides that the contract tests run against: the doubles, moto, and the embedded AWS where it is installed."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.chaos.contract import EMULATOR, SIDES, START_SECONDS, TABLE, Account, Side, double, made_in, wait_for


@pytest.fixture(scope="module")
def moto() -> Iterator[Account]:
    """An account of moto's; clients are slow to make, so that a module's tests share them."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        yield Account()


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account of the embedded AWS that `make run` deploys to, started for these tests alone."""
    if not EMULATOR.exists():
        pytest.skip("the embedded AWS is not installed here; run the tests by `make test`")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("embedded")
    settings = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "127.0.0.1"}
    quiet = {"STATE_DIR": str(folder), "S3_DATA_DIR": str(folder / "s3"), "SFTP_ENABLED": "0", "IOT_MTLS_ENABLED": "0"}
    with (folder / "log").open("wb") as log:
        environment = {**os.environ, **settings, **quiet}
        server = subprocess.Popen([EMULATOR, "-m", "ministack"], env=environment, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/_ministack/health")
        yield Account(address)
    finally:
        server.terminate()
        server.wait(START_SECONDS)


@pytest.fixture(params=SIDES)
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    if request.param == "double":
        yield double()
        return
    account = request.getfixturevalue(request.param)
    yield made_in(account, request.param)
    account.dynamodb.delete_table(TableName=TABLE)
