"""The AWS account of all modules (clients are slow to make), and the bench of each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from convox_clinicea.bookings.operator import OperatorService
from convox_clinicea.bookings.personal_data import PersonalData
from tests.support.account import aws_account
from tests.support.bench import Bench
from tests.support.next_release import NextRelease


@pytest.fixture(scope="package", autouse=True)
def account() -> Iterator[None]:
    with aws_account():
        yield


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def acting(bench: Bench) -> OperatorService:
    return bench.acting


@pytest.fixture
def holdings(bench: Bench) -> PersonalData:
    return bench.holdings


@pytest.fixture
def guarded(bench: Bench) -> Bench:
    """The bench with a worker that has a canary, and P-41."""
    bench.worker = bench.another_worker(canary=bench.canary())
    bench.patient()
    return bench


@pytest.fixture(scope="package")
def release(tmp_path_factory: pytest.TempPathFactory) -> NextRelease:
    return NextRelease(tmp_path_factory.mktemp("next"))


@pytest.fixture
def later(bench: Bench, release: NextRelease) -> Any:
    """The next release's bench, on the same stack and Clinicea."""
    return release.beside(bench)
