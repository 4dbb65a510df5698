"""`sam build` for this machine: one build for each state of the sources, and a copy for each run.

Runs may start at the same time. A build is made aside and renamed as a whole, so that no run sees a part of it.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from local import paths
from local.processes import running

BUILD_SECONDS = 600
KEPT_SECONDS = 3600.0
"""Seconds after which unused builds, and leftovers of killed ones, are removed."""
SOURCES = ("template.yaml", "dashboard.json", "functions", "layers")


def build(target: Path, environment: dict[str, str]) -> bool:
    """Copy the built template and its code into `target`; returns whether a build was needed."""
    kept = paths.BUILDS / source_hash()
    missing = not kept.is_dir()
    if missing:
        _make(kept, environment)
    os.utime(kept)
    now = kept.stat().st_mtime  # by the file system's clock, as for the others
    shutil.copytree(kept, target)
    _forget_unused(now)
    return missing


def _make(kept: Path, environment: dict[str, str]) -> None:
    paths.BUILDS.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="making-", dir=paths.BUILDS))
    # SAM writes a file of its own next to the build folder.
    fresh = aside / "build"
    command = [
        str(paths.SAM),
        "build",
        "--template",
        str(paths.ROOT / "template.yaml"),
        "--build-dir",
        str(fresh),
    ]
    command += ["--parameter-overrides", f"Python={paths.PYTHON}", f"Architecture={paths.ARCHITECTURE}"]
    settings = {
        "PYTHON": paths.PYTHON,
        "ARCH": paths.ARCHITECTURE,
        "PYTHON3": sys.executable,
        "CONNECTOR_LAYER_CACHE": str(paths.LAYER_CACHE),
        paths.LOOPS: "1",
    }
    try:
        with running("sam build", command, environment | settings) as child:
            child.finish(BUILD_SECONDS)
        put_in_place(fresh, kept)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def put_in_place(fresh: Path, kept: Path) -> None:
    """Rename a finished folder to its final name; an existing one from a concurrent run is equal."""
    try:
        fresh.rename(kept)
    except OSError:
        if not kept.is_dir():
            raise


def _forget_unused(now: float) -> None:
    for folder in paths.BUILDS.iterdir():
        with suppress(FileNotFoundError):  # a concurrent run may remove it, too
            if folder.stat().st_mtime < now - KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def source_hash() -> str:
    """Return a hash over all inputs and the target of the build."""
    digest = hashlib.sha256(f"{paths.PYTHON} {paths.ARCHITECTURE} {sys.prefix}".encode())
    for path in _files():
        digest.update(b"\0" + path.relative_to(paths.ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    for name in SOURCES:
        source = paths.ROOT / name
        for path in [source] if source.is_file() else sorted(source.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
