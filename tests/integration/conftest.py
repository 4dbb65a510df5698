"""The functions over AWS in this process and a fake Clinicea on a socket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend

from local.clinicea.testing import RunningFake, running_fake
from tests.support import invented
from tests.support.account import Stack, aws_account
from tests.support.bookings import known_body
from tests.support.data_requests import ASKED
from tests.support.deployment import Deployment
from tests.support.desk import CALL, VISITS

HERE = Path(__file__).parent
LAST = "test_least_privilege.py"
"""It judges all calls to AWS that the other tests of this folder have made."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let that test come last."""
    items.sort(key=lambda item: item.path == HERE / LAST)


@pytest.fixture(scope="session")
def the_whole_folder(request: pytest.FixtureRequest) -> None:
    """Skip where not every test of this folder runs; if it does, one process runs them all."""
    running = {item.path for item in request.session.items}
    chosen = request.config.getoption("keyword") or request.config.getoption("markexpr")
    if chosen or not set(HERE.glob("test_*.py")) <= running:
        pytest.skip("what is never used shows only when all tests of this folder run")


@pytest.fixture(scope="package", autouse=True)
def account() -> Iterator[None]:
    with aws_account():
        yield


@pytest.fixture(scope="module")
def clinicea_server(account: None) -> Iterator[RunningFake]:
    with running_fake(seed=23) as fake:
        yield fake


@pytest.fixture
def fake(clinicea_server: RunningFake) -> RunningFake:
    clinicea_server.reset()
    return clinicea_server


@pytest.fixture
def deployment(fake: RunningFake, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    return Deployment(Stack.create(), fake, monkeypatch)


@pytest.fixture
def meera(deployment: Deployment) -> str:
    """A patient who was looked up and booked; gives the booking's id."""
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    deployment.search(ASKED)
    booking_id = deployment.book_known("P-41", known_body(mobile=invented.MOBILE)).body["booking_id"]
    assert deployment.deliver().acknowledged
    return str(booking_id)


@pytest.fixture
def labelled_current(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mend moto, which goes on reading the version last put as current after `AWSCURRENT` has moved."""
    moves = SecretsManagerBackend.update_secret_version_stage

    def move(self: SecretsManagerBackend, secret_id: str, version_stage: str, *versions: str, **named: str) -> Any:
        moved = moves(self, secret_id, version_stage, *versions, **named)
        found = self.secrets[secret_id]
        assert isinstance(found, FakeSecret)
        current = [each for each, version in found.versions.items() if "AWSCURRENT" in version["version_stages"]]
        found.set_default_version_id(current[0])
        return moved

    monkeypatch.setattr(SecretsManagerBackend, "update_secret_version_stage", move)


@pytest.fixture
def announced(deployment: Deployment) -> Deployment:
    """The call of the one patient with that number has reached the agent; the desk makes its look-ups itself."""
    deployment.configure(PREFETCH_SECONDS="0")
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", file_no="F-41", appointments=VISITS))
    assert deployment.popup({**CALL, "queue": "Andheri"}).status == 200
    return deployment


@pytest.fixture
def family(announced: Deployment) -> Deployment:
    """The number is the child's as well."""
    announced.fake.add_patient(**invented.child(patient_id="P-42", appointments=VISITS))
    return announced
