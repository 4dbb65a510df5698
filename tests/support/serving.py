"""A deployed stack for tests: the launcher itself, run as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".tools" / "emulator" / "bin" / "python"
READY_SECONDS = 300
END_SECONDS = 30


@contextmanager
def served(folder: Path, *arguments: str) -> Iterator[dict[str, Any]]:
    """Serve a stack of its own as long as the block lasts; yields the contents of its stack file."""
    file, log = folder / "stack.json", folder / "launcher.log"
    command = [str(PYTHON), "-m", "local", "--serve-only", "--stack-file", str(file), *arguments]
    command.append("--until-stdin-closes")  # however this process ends
    with log.open("wb") as output:
        launcher = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=launcher_environment(),
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
        if launcher.stdin is not None:
            launcher.stdin.close()


def launcher_environment() -> dict[str, str]:
    """Return the environment without what measures these tests: it has no business in the functions."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "PYTHON"))}
