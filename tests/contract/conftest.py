"""The client against the fake Clinicea, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.clinicea.testing import RunningFake, running_fake
from tests.support.certificates import Certificate
from tests.support.doctor import DoctorRunner


@pytest.fixture(scope="session")
def served() -> Iterator[RunningFake]:
    with running_fake(sample=True) as running:
        yield running


@pytest.fixture
def fake(served: RunningFake) -> RunningFake:
    """The fake as it was at its start: stopping and starting one for each test would take longer than the tests."""
    served.reset()
    return served


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the machine's list of authorities held ours; the client itself knows no way to trust another one."""
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate.authority))


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> DoctorRunner:
    return DoctorRunner(capsys, monkeypatch, tmp_path)
