"""A stack with a desk and a user pool, and the same with a provider of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.account import Stack
from tests.support.people import Here, stack_of
from tests.support.small_server import SmallServer
from tests.support.user_pool import Pool


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    found = Pool()
    with SmallServer(found) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", server.url)
        yield found


@pytest.fixture
def target(pool: Pool) -> Here:
    return stack_of(Stack.create().table)


@pytest.fixture
def other(target: Here) -> Here:
    """The same stack with a provider of its own."""
    return stack_of(target.stack, pool=False)
