"""The look-ups and the authorizer, started from a snapshot by AWS's runtime client and hooks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.build import Build
from bench.runtime import PYTHON, ROOT
from tests.support.doorman import doorman
from tests.support.runtime_api import RuntimeApi, runtime_api

LOOKUPS = ("authorizer", "call_popup", "past_appointments", "search_patient")
RESTORES = Path(__file__).with_name("restores.py")
START_SECONDS = 30.0
# Draws as libraries do, as we do, and as anybody might.
PROBE = """
import random, uuid
from convox_clinicea import startup
from convox_clinicea.deadline import fresh_token
{prepare}
def handler(event, context):
    return [random.random(), fresh_token(), str(uuid.uuid4())]
"""
Environment = dict[str, str]


@contextmanager
def frozen(folder: Path, layer: Path, handler: str, environment: Environment, starts: int) -> Iterator[RuntimeApi]:
    """Start a function up to its snapshot; it can be restored then, as several."""
    told = {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_FUNCTION_NAME": folder.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        "AWS_REGION": "ap-south-1",
        "AWS_DEFAULT_REGION": "ap-south-1",
        "LAMBDA_TASK_ROOT": str(folder),
        "PYTHONPATH": str(layer / "python"),
    }
    with runtime_api() as api, (folder.parent / f"{folder.name}.log").open("w+b") as log:
        process = subprocess.Popen(
            [str(PYTHON), str(RESTORES), str(starts), handler],
            cwd=folder,
            env=told | environment | {"AWS_LAMBDA_RUNTIME_API": api.address},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            if not api.frozen.wait(START_SECONDS):
                log.seek(0)
                pytest.fail(f"no snapshot: {api.errors} {log.read().decode()[-2000:]}", pytrace=False)
            yield api
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.mark.parametrize("name", LOOKUPS)
def test_nothing_is_asked_before_the_restore_and_starts_answer(
    name: str, built: Build, environment: Environment
) -> None:
    event = json.loads((ROOT / "events" / f"{name}.json").read_text("utf-8"))
    with doorman(environment["AWS_ENDPOINT_URL"]) as aws, doorman(environment["CLINICEA_URL"]) as clinicea:
        through = {"AWS_ENDPOINT_URL": aws.url, "CLINICEA_URL": clinicea.url, "POWERTOOLS_SERVICE_NAME": name}
        with frozen(built.function(name), built.layer, "app.handler", environment | through, starts=2) as api:
            # No token, no credentials, no connection can be in the snapshot: there was nobody to have them from.
            assert (aws.came, clinicea.came) == (0, 0)

            api.restore()
            answers = api.invoke(event, times=2)

            assert api.errors == []
            assert aws.came >= 2, "each start has connections of its own"
            for answer in answers:
                assert answer.get("statusCode", 200) == 200, answer
                assert "body" in answer or answer["policyDocument"]["Statement"]


def drawn(folder: Path, built: Build, prepare: str) -> list[tuple[Any, ...]]:
    """What two starts from one snapshot draw."""
    folder.mkdir()
    (folder / "probe.py").write_text(PROBE.format(prepare=prepare))
    with frozen(folder, built.layer, "probe.handler", {}, starts=2) as api:
        api.restore()
        return list(zip(*api.invoke({}, times=2), strict=True))


def test_two_starts_from_one_snapshot_draw_differently(tmp_path: Path, built: Build) -> None:
    assert [one == other for one, other in drawn(tmp_path / "prepared", built, "startup.prepare()")] == [False] * 3


def test_without_the_hooks_they_would_not(tmp_path: Path, built: Build) -> None:
    (library_s, ours, _uuid) = drawn(tmp_path / "unprepared", built, "")

    assert library_s[0] == library_s[1]
    assert ours[0] != ours[1], "from the operating system"
