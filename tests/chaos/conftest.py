"""The sides that the contract tests run against: the doubles, moto, and the embedded AWS where it is installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from bench.embedded import EMULATOR, embedded_aws
from convox_clinicea import deadline as time_and_randomness
from tests.chaos.contract import SIDES, TABLE, Account, Side, double, made_in


@pytest.fixture(autouse=True)
def _chance_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A play decides all chance by its seed; the tests after it have the product's own again."""
    monkeypatch.setattr(time_and_randomness, "source", time_and_randomness.source)


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
    with embedded_aws(tmp_path_factory.mktemp("embedded")) as address:
        yield Account(address)


@pytest.fixture(params=SIDES)
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    if request.param == "double":
        yield double()
        return
    account = request.getfixturevalue(request.param)
    yield made_in(account, request.param)
    account.dynamodb.delete_table(TableName=TABLE)
