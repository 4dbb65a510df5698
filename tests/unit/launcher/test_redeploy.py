"""Deploying anew to the stack on this machine: nothing to do is no failure."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from commands.release import release_id
from local import paths, redeploy
from tests.support import deploying
from tests.support.deploying import Account, as_deployed
from tests.support.small_server import Reply, SmallServer

BUCKETS = Reply(
    200,
    b"<ListAllMyBucketsResult><Buckets><Bucket><Name>convox-clinicea-code</Name></Bucket></Buckets>"
    b"</ListAllMyBucketsResult>",
    {"Content-Type": "application/xml"},
)
HAS = {"SettleSeconds": "61", "Clinics": ""}


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build that needs no building; SAM is not installed, so whoever runs it fails."""
    root = deploying.project(tmp_path, monkeypatch)
    monkeypatch.setattr(paths, "ROOT", root)
    monkeypatch.setattr(paths, "LOGS", root / "logs")
    monkeypatch.setattr(paths, "SAM", root / "no-sam")
    monkeypatch.setattr(paths, "STACK_FILE", root / "stack.json")
    built = root / ".aws-sam" / "build"

    def build(target: Path, _environment: dict[str, str]) -> bool:
        shutil.copytree(built, target)
        return False

    monkeypatch.setattr(redeploy, "build", build)
    return built


def redeployed(address: str, *changes: str) -> int:
    paths.STACK_FILE.write_text(json.dumps({"aws_endpoint_url": address, "clinicea_url": "http://clinicea"}))
    return redeploy.main(changes)


def test_an_unchanged_stack_is_left_alone_and_that_is_said(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    account, release = Account(), release_id(paths.ROOT, built, HAS)
    account.status, account.parameters = "UPDATE_COMPLETE", as_deployed(HAS, release)

    asked = paths.ROOT / "asked"
    connector = paths.ROOT / "connector"
    connector.write_text(f'#!/bin/sh\necho "$@" > {asked}\n')
    connector.chmod(0o755)

    with SmallServer(account) as server:
        assert redeployed(server.url, "SettleSeconds=61") == 0

    assert asked.read_text() == f"smoke --stack local --release {release}\n"
    assert f"nothing to deploy: release {release[:12]} is deployed with these parameters" in capsys.readouterr().out


def test_a_changed_one_is_deployed(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    account = Account()
    account.status, account.parameters = "UPDATE_COMPLETE", as_deployed(HAS, release_id(paths.ROOT, built, HAS))
    (built / "template.yaml").write_text("Parameters: {ReleaseId: {}}\nResources: {}\n")

    with SmallServer(lambda seen: BUCKETS if seen.verb == "GET" else account(seen)) as server:
        assert redeployed(server.url, "SettleSeconds=62") == 1

    said = capsys.readouterr()
    assert "nothing to deploy" not in said.out
    assert "no-sam" in said.err
