"""`sam build` for this machine, skipped where nothing has changed since the last one."""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

from local import paths
from local.processes import running

BUILD_SECONDS = 600
SOURCES = ("template.yaml", "functions", "layers")


def build(environment: dict[str, str]) -> bool:
    """Build into `.local/build`; returns whether there was anything to do."""
    stamp = paths.BUILD / "built-from"
    wanted = source_hash()
    if stamp.is_file() and stamp.read_text() == wanted:
        return False
    stamp.unlink(missing_ok=True)
    command = [
        str(paths.SAM),
        "build",
        "--template",
        str(paths.ROOT / "template.yaml"),
        "--build-dir",
        str(paths.BUILD),
    ]
    command += ["--parameter-overrides", f"Python={paths.PYTHON}", f"Architecture={paths.ARCHITECTURE}"]
    settings = {
        "PYTHON": paths.PYTHON,
        "ARCH": paths.ARCHITECTURE,
        "PYTHON3": sys.executable,
        "CONNECTOR_LAYER_CACHE": str(paths.LAYER_CACHE),
    }
    with running("sam build", command, environment | settings) as child:
        child.finish(BUILD_SECONDS)
    stamp.write_text(wanted)
    return True


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
