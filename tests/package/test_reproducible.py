"""The same sources make the same bytes: wherever, whenever and under whatever settings they are built."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.runtime import ROOT
from tests.package.conftest import RUNNING, TARGETS, Target, build_layer, run
from tests.package.zipped import zipped

OTHERS = {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "12345", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONOPTIMIZE": "2"}
"""Another machine's settings."""


def build_function(folder: Path, name: str = "search_patient", **settings: str) -> tuple[Path, str]:
    """Build a function as `sam build` does, in a copy of its folder; returns the built folder and what was said."""
    (folder / "built").mkdir(parents=True)
    shutil.copytree(ROOT / "functions" / name, folder / "copy", ignore=shutil.ignore_patterns("__pycache__"))
    command = ["make", "--makefile", str(ROOT / "functions" / "Makefile"), "build-SomeFunction"]
    given = {"ARTIFACTS_DIR": str(folder / "built"), "PYTHON": RUNNING, "PYTHON3": sys.executable, **settings}
    return folder / "built", run(command, folder / "copy", **given)


@pytest.fixture
def strict_umask() -> Iterator[None]:
    """Files are nobody else's to read, for a while."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("strict_umask")
def test_two_builds_of_the_layer_are_the_same_bytes(target: Target, layer: Path, tmp_path: Path) -> None:
    again = build_layer(target, tmp_path / "elsewhere" / "again", **OTHERS)

    assert hashlib.sha256(zipped(again)).hexdigest() == hashlib.sha256(zipped(layer)).hexdigest()


def test_layer_stamp_names_its_sources_and_no_time(layers: dict[Target, Path]) -> None:
    stamp = json.loads((layers[TARGETS[1]] / "layer.json").read_text())

    assert set(stamp) == {"python", "architecture", "content", "byte_code"}


def test_two_builds_of_a_function_are_the_same_bytes(tmp_path: Path) -> None:
    (first, _), (again, _) = build_function(tmp_path / "a"), build_function(tmp_path / "elsewhere" / "b", **OTHERS)

    assert zipped(again) == zipped(first)


def test_built_function_is_its_source_and_byte_code_only(tmp_path: Path) -> None:
    built, _ = build_function(tmp_path)

    packed = {path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file()}
    assert packed == {"app.py", f"__pycache__/app.{sys.implementation.cache_tag}.pyc"}
    assert b"/var/task/app.py" in (built / "__pycache__" / f"app.{sys.implementation.cache_tag}.pyc").read_bytes()


def test_it_is_the_byte_code_that_runs(tmp_path: Path) -> None:
    built, _ = build_function(tmp_path)
    (built / "app.py").write_text("raise SystemExit('the source')\n")

    done = subprocess.run(
        [sys.executable, "-c", "import app; print(app.handler.__code__.co_filename)"],
        cwd=built,
        env={**os.environ, "PYTHONPATH": str(ROOT / "layers" / "connector")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_without_that_python_a_function_is_built_with_a_notice(tmp_path: Path) -> None:
    built, said = build_function(tmp_path, PYTHON="3.99")

    assert "no python3.99 on this machine: byte code is skipped" in said
    assert [path.name for path in built.iterdir()] == ["app.py"]
