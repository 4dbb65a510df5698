"""A fake in this process, and one behind a socket."""

import http.client
from collections.abc import Iterator

import pytest

from local.clinicea.testing import RunningFake, running_fake

from .api import Api
from .sockets import connect


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def fake() -> Iterator[RunningFake]:
    with running_fake(sample=True) as running:
        yield running


@pytest.fixture
def client(fake: RunningFake) -> Iterator[http.client.HTTPConnection]:
    connection = connect(fake.url)
    yield connection
    connection.close()


@pytest.fixture
def impatient(fake: RunningFake) -> Iterator[http.client.HTTPConnection]:
    connection = connect(fake.url, 0.3)
    yield connection
    connection.close()
