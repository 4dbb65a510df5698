"""The launcher as a user meets it: a sample call from beginning to end, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.serving import END_SECONDS, PYTHON, READY_SECONDS, ROOT, launcher_environment
from tests.support.waiting import eventually

pytestmark = pytest.mark.usefixtures("stack")  # so that the build is done, and not by two at once


def launch(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a launcher of its own, whose temporary files land in `folder`."""
    return subprocess.Popen(
        [str(PYTHON), "-m", "local", "--stack-file", str(folder / "stack.json"), *arguments],
        cwd=ROOT,
        env=launcher_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ready(launcher: subprocess.Popen[str], file: Path) -> dict[str, Any]:
    """Wait for a launcher's stack file and return it."""
    end = time.monotonic() + READY_SECONDS
    while not file.is_file() and launcher.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
    stack: dict[str, Any] = json.loads(file.read_text())
    return stack


def test_the_demo_plays_each_flow_and_ends_well(tmp_path: Path) -> None:
    demo = launch(tmp_path, "--demo", "--authentication", "staff_session")
    said, _ = demo.communicate(timeout=READY_SECONDS)

    assert demo.returncode == 0, said
    for expected in (
        "Meera Samplewala",
        "no patient has this number",
        "consent_required",
        "booked: appointment",
        ": yes\n",
    ):
        assert expected in said
    assert not (tmp_path / "stack.json").exists()


@pytest.mark.parametrize(
    ("world", "expected"),
    [
        ("modern", ("clinicea_rejected: The clinic's system cannot register new patients this way.",)),
        ("utc-everything", ("a new patient and an appointment",)),
    ],
)
def test_the_demo_plays_in_other_worlds_too(tmp_path: Path, world: str, expected: tuple[str, ...]) -> None:
    demo = launch(tmp_path, "--demo", "--world", world)
    said, _ = demo.communicate(timeout=READY_SECONDS)

    assert demo.returncode == 0, said
    for text in (*expected, "booked: appointment", ": yes\n"):
        assert text in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything_that_was_started(tmp_path: Path, number: signal.Signals) -> None:
    launcher = launch(tmp_path, "--serve-only")
    file = tmp_path / "stack.json"
    try:
        stack = ready(launcher, file)
    finally:
        launcher.send_signal(number)
        said, _ = launcher.communicate(timeout=END_SECONDS)

    assert launcher.returncode == 0, said
    assert "nothing is left running" in said
    assert not file.exists()
    for address in (stack["aws_endpoint_url"], stack["clinicea_url"]):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", urlsplit(address).port)) != 0
    assert not processes_that_know(stack["aws_endpoint_url"])


def test_killed_run_leaves_nothing_and_the_next_start_reports_it(tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    killed = launch(tmp_path, "--serve-only")
    try:
        stack = ready(killed, file)
        assert stack["pid"] == killed.pid
        refused = launch(tmp_path, "--serve-only")
        said, _ = refused.communicate(timeout=END_SECONDS)
        assert refused.returncode == 1
        assert f"served on this machine already: {stack['api_url']} (process {killed.pid}, since" in said
        log = tmp_path / "stack-logs" / "search_patient.log"
        assert eventually(lambda: "search_patient" in log.read_text()), "written while it serves"
    finally:
        killed.kill()
        killed.communicate(timeout=END_SECONDS)
    assert eventually(lambda: not processes_that_know(stack["aws_endpoint_url"]))
    assert eventually(lambda: not file.exists())

    again = launch(tmp_path, "--demo")
    said, _ = again.communicate(timeout=READY_SECONDS)
    assert again.returncode == 0, said
    assert f"an earlier run (process {killed.pid}, since" in said


def test_the_launcher_of_tests_ends_when_its_parent_does(tmp_path: Path) -> None:
    launcher = launch(tmp_path, "--serve-only", "--until-stdin-closes")
    said, _ = launcher.communicate(timeout=END_SECONDS)  # closes it

    assert launcher.returncode == 0, said
    assert "nothing is left running" in said


def test_a_port_that_is_taken_is_named_in_the_message(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        launcher = launch(tmp_path, "--serve-only", "--port", str(port))
        said, _ = launcher.communicate(timeout=READY_SECONDS)

    assert launcher.returncode == 1
    assert f"port {port} is taken" in said


def processes_that_know(address: str) -> list[str]:
    """Return the command lines of processes in whose environment `address` stands (Linux only)."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if address.encode() in environment.read_bytes() and int(environment.parent.name) != os.getpid():
                found.append((environment.parent / "cmdline").read_text())
        except OSError:
            continue
    return found
