"""`sam build` for this machine: once for each state of the sources, and a copy for each run.

Runs may start side by side. A build is made aside and put in its place whole, so that nobody meets half of one.
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
"""A build that nobody has used for so long is removed; so is what a builder left that was killed."""
SOURCES = ("template.yaml", "dashboard.json", "functions", "layers")


def build(target: Path, environment: dict[str, str]) -> bool:
    """Put the built template and its code into the folder `target`; returns whether they had to be built."""
    kept = paths.BUILDS / source_hash()
    missing = not kept.is_dir()
    if missing:
        _make(kept, environment)
    os.utime(kept)
    now = kept.stat().st_mtime  # by the file system's clock, which dates the others too
    shutil.copytree(kept, target)
    _forget_unused(now)
    return missing


def _make(kept: Path, environment: dict[str, str]) -> None:
    paths.BUILDS.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="making-", dir=paths.BUILDS))
    # SAM keeps a note of its own beside the folder that it builds into.
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
    """Give a finished folder its name; one of that name which somebody else has finished meanwhile is as good."""
    try:
        fresh.rename(kept)
    except OSError:
        if not kept.is_dir():
            raise


def _forget_unused(now: float) -> None:
    for folder in paths.BUILDS.iterdir():
        with suppress(FileNotFoundError):  # another run may be as tidy
            if folder.stat().st_mtime < now - KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def source_hash() -> str:
    """Return a hash over all that the build reads, and what it is built for."""
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
