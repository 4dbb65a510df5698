"""The AWS account of each module, and a stack for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.account import Stack, aws_account


@pytest.fixture(scope="module", autouse=True)
def account() -> Iterator[None]:
    with aws_account():
        yield


@pytest.fixture
def stack() -> Stack:
    return Stack.create()
