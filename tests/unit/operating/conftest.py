"""A project that can be deployed, and the account that it is deployed to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import deploying
from tests.support.deploying import Account, secret, write


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return deploying.project(tmp_path, monkeypatch)


@pytest.fixture
def account(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account with Clinicea's secret, and a deploy.toml that names it."""
    with deploying.account(monkeypatch) as found:
        write(root, secret())
        yield found
