"""Byte code and reproducible packing, for the builds of layer and functions.

python3 packing.py --python 3.13 --at /var/task <folder>   compiles the folder's files for that place on Lambda
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

COMPILE_SECONDS = 300
PROBE_SECONDS = 20
PACKED_AT = 315_619_200
"""Time of every packed file: 2 January 1980, which zip files support in every time zone."""
# Variables of this machine that would otherwise influence the byte code.
_CHANCES = ("PYTHONDONTWRITEBYTECODE", "PYTHONOPTIMIZE", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "PYTHONSTARTUP")


def interpreter(python: str) -> str | None:
    """Return a working interpreter of exactly that minor version, or None: some are shims that fail."""
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    installed = [str(path) for path in sorted(home.glob(f"{python}.*/bin/python{python}"), reverse=True)]
    for candidate in [sys.executable, f"python{python}", *installed]:
        if _release(candidate).rpartition(".")[0] == python:
            return candidate
    return None


def compile_byte_code(python: str, folder: Path, at: str, name: str) -> str | None:
    """Compile the packed files for faster cold starts; returns the release of Python used, or None.

    If that minor version is not installed, a message says so and nothing is compiled: functions start more slowly.
    Sources are kept: another minor version of Python uses them, and tracebacks quote them.

    Args:
        at: the folder's path on Lambda, for tracebacks.
        name: name of the build, for the message.
    """
    for stale in list(folder.rglob("__pycache__")):
        shutil.rmtree(stale)
    found = interpreter(python)
    if found is None:
        print(
            f"{name}: no python{python} on this machine: byte code is skipped, functions start more slowly",
            flush=True,
        )
        return None
    # One process, in the order of names: marshal's references depend on the files compiled before.
    command = [found, "-s", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    environment = {name: value for name, value in os.environ.items() if name not in _CHANCES} | {"PYTHONHASHSEED": "0"}
    command += ["-s", str(folder), "-p", at, str(folder)]
    subprocess.run(command, check=True, timeout=COMPILE_SECONDS, env=environment)
    return _release(found)


def settle(folder: Path) -> None:
    """Set one time and one set of permissions for all files of a folder, so that zips are equal."""
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (PACKED_AT, PACKED_AT))


def _release(python: str) -> str:
    """Return an interpreter's release, such as 3.13.0; empty if it does not run."""
    probe = [python, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"]
    try:
        answer = subprocess.run(probe, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True, help="Lambda's Python, such as 3.13")
    parser.add_argument("--at", required=True, help="where the folder will lie on Lambda")
    parser.add_argument("folder", type=Path)
    wanted = parser.parse_args()
    compile_byte_code(wanted.python, wanted.folder, wanted.at, wanted.folder.name)
    settle(wanted.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
