"""The AWS account of all modules (clients are slow to make), and the bench of each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from convox_clinicea.bookings.operator import OperatorService
from convox_clinicea.bookings.personal_data import PersonalData
from tests.support.account import aws_account
from tests.support.bench import Bench


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
