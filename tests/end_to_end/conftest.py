"""The deployed stack for the end-to-end tests: the launcher itself, run as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.api import Api

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".tools" / "emulator" / "bin" / "python"
READY_SECONDS = 300
END_SECONDS = 30


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Start `python -m local --serve-only`; yields the contents of its stack file."""
    folder = tmp_path_factory.mktemp("stack")
    file, log = folder / "stack.json", folder / "launcher.log"
    command = [str(PYTHON), "-m", "local", "--serve-only", "--stack-file", str(file)]
    with log.open("wb") as output:
        launcher = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env=launcher_environment()
        )
    try:
        end = time.monotonic() + READY_SECONDS
        while not file.is_file():
            if launcher.poll() is not None or time.monotonic() > end:
                pytest.fail(f"the stack did not start:\n{log.read_text()}", pytrace=False)
            time.sleep(0.1)
        yield json.loads(file.read_text())
    finally:
        launcher.send_signal(signal.SIGTERM)
        try:
            launcher.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            launcher.kill()
            launcher.wait()


def launcher_environment() -> dict[str, str]:
    """Return the environment without what measures these tests: it has no business in the functions."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "PYTHON"))}


@pytest.fixture(scope="session")
def api(stack: dict[str, str]) -> Api:
    """The stack's API, as ConVox calls it."""
    return Api(stack)
