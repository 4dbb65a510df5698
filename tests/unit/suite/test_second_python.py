"""Which Python continuous integration takes beside the first; with stand-ins for Python, make and git on the PATH."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / ".ci" / "second-python"
SECONDS = 20
UNIT = Path(__file__).resolve().parents[1]
NEEDS_SAM = re.compile(r"\b(SAM_PYTHON|tests\.support\.permissions|template import .*both|template\.both)\b")
SHIM = "echo 'command not found' >&2; exit 127"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A PATH on which python3 is 3.11, no other Python runs, and make prints what it is asked for."""
    folder = tmp_path / "bin"
    for version in ("3.12", "3.13", "3.14"):
        program(folder / f"python{version}", SHIM)
    program(folder / "python3", "echo 3.11")
    program(folder / "python3.11", "echo 3.11")
    program(folder / "git", "exit 0")
    program(folder / "make", 'echo "make $*"')
    return folder


def program(path: Path, lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)


def run(programs: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": f"{programs}:/usr/bin:/bin",
        "PYENV_ROOT": str(programs.parent),
        "TMPDIR": str(programs.parent),
    }
    command = ["/bin/bash", str(SCRIPT)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)


def test_without_another_python_it_says_so(programs: Path) -> None:
    done = run(programs)

    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout
        == "== no second Python: of 3.11 to 3.14 this machine has 3.11 alone; the others have not been tried\n"
    )


def test_python_that_fails_or_is_another_version_does_not_count(programs: Path) -> None:
    program(programs / "python3.13", "echo 3.12")
    program(programs / "python3.14", "echo 3.14")

    assert "PYTHON3=python3.14 BOOKINGS=200 dashboard unit" in run(programs).stdout


def test_python_installed_by_pyenv_is_found_though_inactive(programs: Path) -> None:
    installed = programs.parent / "versions" / "3.13.5" / "bin" / "python3.13"
    program(installed, "echo 3.13")

    assert f" PYTHON3={installed} " in run(programs).stdout


def test_its_failure_is_the_run_s_and_nothing_is_left_behind(programs: Path) -> None:
    program(programs / "python3.12", "echo 3.12")
    program(programs / "make", "exit 2")
    before = set(programs.parent.iterdir())

    assert run(programs).returncode == 2
    assert set(programs.parent.iterdir()) == before


def test_its_checks_need_no_sam_cli() -> None:
    """The SAM CLI is not installed for the quick checks; what reads the transformed template is in tests/template."""
    found = [path.name for path in UNIT.rglob("*.py") if path != Path(__file__) and NEEDS_SAM.search(path.read_text())]

    assert found == []
