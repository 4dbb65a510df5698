"""Starts ahead of a request: built already; or from a snapshot, with nothing that ends in it and no two the same."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import snapshot_restore_py as hooks
from pydantic import BaseModel, ConfigDict

from convox_clinicea import aws, startup
from convox_clinicea import deadline as time_and_randomness
from convox_clinicea.errors import ConfigurationError
from tests.support.account import aws_account, forget_clients
from tests.support.account import secret as keep
from tests.support.functions import ROOT


@pytest.fixture(autouse=True)
def account() -> Iterator[None]:
    parts.cache_clear()
    with aws_account():
        yield


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The hooks that are registered, by when they run."""
    found: dict[str, Any] = {}
    for when in ("before_snapshot", "after_restore"):
        monkeypatch.setattr(hooks, f"register_{when}", lambda *given, when=when: found.update({when: given}))
    return found


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a network, and without credentials but for those that would have to be fetched."""
    forget_clients()

    def refuse(*_args: object) -> None:
        pytest.fail("somebody was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/credentials")


RESTORED = """
from botocore.loaders import JSONFileLoader
from convox_clinicea import aws, startup

startup.before_snapshot()
startup.after_restore()
load, read = JSONFileLoader.load_file, []

def watched(self, path):
    found = load(self, path)
    read.extend([path] * (found is not None))
    return found

JSONFileLoader.load_file = watched
aws.dynamodb_at_once(), aws.kms(), aws.client("secretsmanager")
print(len(read))
aws.client("sns")
print(len(read))
"""


@cache
def parts() -> object:
    """What a function builds at its first request."""
    return object()


def signed() -> str:
    """An address that a client has signed with the credentials that it was made with."""
    return str(aws.kms().generate_presigned_url(ClientMethod="list_keys"))


def test_snapshot_hooks_are_registered_with_what_is_kept(
    registered: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")

    startup.prepare(parts)

    assert registered == {
        "before_snapshot": (startup.before_snapshot, parts),
        "after_restore": (startup.after_restore, parts),
    }


@pytest.mark.parametrize("start", ["", "on-demand"])
def test_where_none_is_taken_the_library_of_hooks_is_not_needed(
    start: str, registered: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", start)
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", None)  # importing it would fail, as with Python 3.11

    startup.prepare(parts)

    assert registered == {}
    assert parts.cache_info().currsize == 0, "nothing is built before a request asks for it"


def test_provisioned_start_builds_all_before_the_first_request(
    registered: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "provisioned-concurrency")

    startup.prepare(parts)

    assert parts.cache_info().currsize == 1
    assert registered == {}


def test_what_is_built_later_is_built_then_too(monkeypatch: pytest.MonkeyPatch) -> None:
    class Desk:
        built = 0

        def build(self) -> None:
            self.built += 1

    @cache
    def desk() -> Desk:
        return Desk()

    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "provisioned-concurrency")

    startup.prepare(desk)

    assert desk().built == 1


def test_what_cannot_be_built_yet_is_left_to_the_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    @cache
    def misconfigured() -> object:
        raise ConfigurationError("a document cannot be read")

    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "provisioned-concurrency")

    startup.prepare(misconfigured)

    with pytest.raises(ConfigurationError, match="a document cannot be read"):
        misconfigured()


@pytest.mark.parametrize("hook", [startup.before_snapshot, startup.after_restore])
def test_no_client_or_secret_survives_the_snapshot(hook: Any) -> None:
    arn = keep("clinicea", {"api_key": "k"})
    before = aws.dynamodb(), aws.dynamodb_at_once(), aws.kms(), aws.sqs(), aws.sns(), parts()
    aws.secret(arn)

    hook(parts)

    after = aws.dynamodb(), aws.dynamodb_at_once(), aws.kms(), aws.sqs(), aws.sns(), parts()
    assert [same for same in zip(before, after, strict=True) if same[0] is same[1]] == []
    assert aws.secret_cache == {}


@pytest.mark.parametrize("hook", [startup.before_snapshot, startup.after_restore])
def test_no_credentials_survive_the_snapshot(hook: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "FIRST")
    assert "Credential=FIRST" in signed()

    hook(parts)

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "SECOND")
    assert "Credential=SECOND" in signed()


@pytest.mark.usefixtures("alone")
def test_before_the_snapshot_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    startup.before_snapshot(parts)

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "SECOND")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the second")
    assert "Credential=SECOND" in signed()


def test_after_a_restore_a_client_is_made_without_reading_a_file() -> None:
    """In a process of its own: in this one, AWS's descriptions have been read."""
    done = subprocess.run(
        [sys.executable, "-c", RESTORED],
        env={"PYTHONPATH": str(ROOT / "layers" / "connector"), "AWS_DEFAULT_REGION": "ap-south-1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    after_a_restore, of_another_service = map(int, done.stdout.split())
    assert after_a_restore == 0
    assert of_another_service > 0, "else nothing was watched"


def test_lazy_models_are_built_before_the_snapshot() -> None:
    class Late(BaseModel):
        __module__ = "convox_clinicea.tested"
        model_config = ConfigDict(defer_build=True)
        number: int

    assert not Late.__pydantic_complete__

    startup.before_snapshot()

    assert Late.__pydantic_complete__


def test_chance_starts_anew_at_each_restore() -> None:
    def drawn() -> tuple[float, str]:
        random.seed(7)  # every start finds the memory as it was
        startup.after_restore()
        return random.random(), time_and_randomness.fresh_token()

    (one, token), (other, another) = drawn(), drawn()

    assert one != other
    assert token != another


def test_our_own_chance_is_the_operating_system_s() -> None:
    assert isinstance(time_and_randomness.source, random.SystemRandom)
