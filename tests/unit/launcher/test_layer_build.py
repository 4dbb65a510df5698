"""The layer's build: its stamp, its interpreter, and what a change of sources means."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path

import pytest

import build
import packing

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small layer's folder in place of the real one."""
    here = tmp_path / "connector"
    (here / "convox_clinicea").mkdir(parents=True)
    (here / "convox_clinicea" / "module.py").write_text("ANSWER = 42\n")
    (here / "requirements.txt").write_text("")
    (here / "build.py").write_text("")
    (here / "packing.py").write_text("")
    monkeypatch.setattr(build, "HERE", here)
    monkeypatch.setattr(build, "REQUIREMENTS", here / "requirements.txt")
    monkeypatch.setattr(build, "__file__", str(here / "build.py"))
    monkeypatch.setattr(build, "CACHE", "")
    monkeypatch.setattr(build, "install_requirements", lambda _python, _arch, target, _lock: target.mkdir(parents=True))
    return here


def test_built_layer_fits_only_what_it_was_built_for(sources: Path, tmp_path: Path) -> None:
    folder = tmp_path / "layer"
    build.build(RUNNING, "arm64", folder)

    assert build.check(RUNNING, "arm64", folder) == ""
    assert "arm64" in build.check(RUNNING, "x86_64", folder)
    assert RUNNING in build.check("3.14", "arm64", folder)
    (sources / "convox_clinicea" / "module.py").write_text("ANSWER = 43\n")
    assert "changed" in build.check(RUNNING, "arm64", folder)


def test_a_folder_without_a_layer_does_not_fit(tmp_path: Path) -> None:
    assert "not been built" in build.check(RUNNING, "arm64", tmp_path)


@pytest.mark.usefixtures("sources")
def test_layer_holds_byte_code_that_needs_no_source_check(tmp_path: Path) -> None:
    build.build(RUNNING, "arm64", tmp_path)

    (compiled,) = (tmp_path / "python" / "convox_clinicea").rglob("*.pyc")
    # PEP 552: flag 1 says "by hash", flag 2, absent here, "check the source".
    assert int.from_bytes(compiled.read_bytes()[4:8], "little") == 1
    assert json.loads((tmp_path / "layer.json").read_text())["byte_code"] == platform.python_version()


@pytest.mark.usefixtures("sources")
def test_without_that_python_byte_code_is_skipped_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "interpreter", lambda _python: None)

    build.build("3.99", "arm64", tmp_path)

    assert "no python3.99 on this machine: byte code is skipped" in capsys.readouterr().out
    assert json.loads((tmp_path / "layer.json").read_text())["byte_code"] is None


def test_an_interpreter_counts_only_if_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "python3.98"
    shim.write_text("#!/bin/sh\necho 'not installed' >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))

    assert packing.interpreter("3.98") is None
    assert packing.interpreter(RUNNING) == sys.executable


def test_requirements_are_installed_once_per_python_and_cpu(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[tuple[str, str]] = []

    def install(python: str, arch: str, target: Path, _lock: Path) -> None:
        installed.append((python, arch))
        target.mkdir(parents=True)
        (target / "library.py").write_text("")

    monkeypatch.setattr(build, "CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(build, "install_requirements", install)
    for arch in ("arm64", "arm64", "x86_64"):
        build.build(RUNNING, arch, tmp_path / arch)
    (sources / "requirements.txt").write_text("library==2\n")
    build.build(RUNNING, "arm64", tmp_path / "again")

    assert installed == [(RUNNING, "arm64"), (RUNNING, "x86_64"), (RUNNING, "arm64")]
    assert (tmp_path / "again" / "python" / "library.py").exists()


def test_two_builders_at_once_both_end_with_the_whole_cache(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faster = ["other"]

    def install(_python: str, _arch: str, target: Path, _lock: Path) -> None:
        target.mkdir(parents=True)
        (target / "library.py").write_text("whole")
        if faster:  # another one, while this one installs
            build.build(RUNNING, "arm64", tmp_path / faster.pop())

    monkeypatch.setattr(build, "CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(build, "install_requirements", install)
    build.build(RUNNING, "arm64", tmp_path / "one")

    for folder in ("one", "other"):
        assert (tmp_path / folder / "python" / "library.py").read_text() == "whole"
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.usefixtures("sources")
def test_half_done_installation_is_not_used_and_expires(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    left = cache / "making-killed"
    left.mkdir(parents=True)
    os.utime(left, (0, 0))

    def fail(_python: str, _arch: str, target: Path, _lock: Path) -> None:
        target.mkdir(parents=True)
        raise SystemExit("layer: the requirements could not be installed")

    monkeypatch.setattr(build, "CACHE", str(cache))
    install = build.install_requirements
    monkeypatch.setattr(build, "install_requirements", fail)
    with pytest.raises(SystemExit):
        build.build(RUNNING, "arm64", tmp_path / "first")
    assert list(cache.iterdir()) == [left]
    monkeypatch.setattr(build, "install_requirements", install)

    build.build(RUNNING, "arm64", tmp_path / "second")

    assert [each.name.startswith("python") for each in cache.iterdir()] == [True]


def test_packages_of_lambda_and_unread_files_are_left_out(tmp_path: Path) -> None:
    for path in (
        "botocore/__init__.py",
        "botocore-1.0.dist-info/METADATA",
        "jmespath-1.0.dist-info/LICENSE",
        "library/tests/test_it.py",
        "library/__init__.py",
        "library-2.dist-info/RECORD",
        "library-2.dist-info/sboms/all.json",
        "library-2.dist-info/licenses/NOTICE",
        "library-2.dist-info/licenses/LICENSE.md",
        "library-2.dist-info/METADATA",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    metadata = tmp_path / "library-2.dist-info" / "METADATA"
    metadata.write_text(
        "Metadata-Version: 2.4\nName: library\nVersion: 2\nAuthor: all of them\n\nWhat it is: a library\n"
    )

    build.strip(tmp_path)

    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {
        "library/__init__.py",
        "library-2.dist-info/licenses/NOTICE",
        "library-2.dist-info/licenses/LICENSE.md",
        "library-2.dist-info/METADATA",
    }
    assert metadata.read_text() == "Metadata-Version: 2.4\nName: library\nVersion: 2\n"
    assert not list(tmp_path.rglob("sboms"))


def test_byte_code_of_another_python_does_not_stay(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("ANSWER = 42\n")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "app.cpython-36.pyc").write_bytes(b"old")

    packing.compile_byte_code(RUNNING, tmp_path, "/var/task", "app")

    (compiled,) = tmp_path.rglob("*.pyc")
    assert compiled.name == f"app.{sys.implementation.cache_tag}.pyc"


def test_a_packed_file_bears_no_time_and_no_umask(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir(mode=0o700)
    (tmp_path / "folder" / "app.py").touch(mode=0o600)

    packing.settle(tmp_path)

    packed = [each.stat() for each in (tmp_path / "folder", tmp_path / "folder" / "app.py")]
    assert [oct(each.st_mode)[-3:] for each in packed] == ["755", "644"]
    assert {each.st_mtime for each in packed} == {packing.PACKED_AT}
