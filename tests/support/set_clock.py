"""Runs a command with another time of day: `python -m tests.support.set_clock '2028-02-29 12:00:00' <command>`.

The moment is UTC unless it has an offset. Time goes on from there, in the command and in all that it starts, except in
statically linked programs (SAM's runtime emulator). Needs Linux and a C compiler.
"""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")
LIBRARIES = Path(__file__).parents[2] / ".tools" / "clock"
PRELOAD = "LD_PRELOAD"
OFFSET = "CLOCK_OFFSET_SECONDS"


class ClockNotSet(Exception):
    """The clock cannot be set; the text says why."""


def seconds_until(moment: str, now: datetime) -> int:
    """Return how far the clock has to be moved; raises ClockNotSet for what is no moment."""
    try:
        wanted = datetime.fromisoformat(moment)
    except ValueError:
        raise ClockNotSet(f"CLOCK={moment} is no moment such as '2028-02-29 12:00:00'") from None
    wanted = wanted if wanted.tzinfo else wanted.replace(tzinfo=UTC)
    return math.ceil((wanted - now).total_seconds())  # not a moment earlier


def inherited() -> dict[str, str]:
    """Return the variables that move this process's clock, for a child that does not get all of them; none, usually."""
    return {name: os.environ[name] for name in (PRELOAD, OFFSET)} if OFFSET in os.environ else {}


def library() -> Path:
    """Return the library to be preloaded, compiled unless it is there."""
    if not sys.platform.startswith("linux"):
        raise ClockNotSet("CLOCK= needs Linux")
    compiled = LIBRARIES / f"{sha256(SOURCE.read_bytes()).hexdigest()[:16]}.so"
    if compiled.exists():
        return compiled
    compiler = shutil.which("cc")
    if compiler is None:
        raise ClockNotSet("CLOCK= needs a C compiler: apt-get install gcc libc6-dev, or what your system calls it")
    LIBRARIES.mkdir(parents=True, exist_ok=True)
    half = compiled.with_suffix(f".{os.getpid()}")
    subprocess.run([compiler, "-O2", "-Wall", "-shared", "-fPIC", "-o", half, SOURCE, "-ldl"], check=True)
    return half.rename(compiled)


def main(arguments: list[str]) -> None:
    """Become the command, its clock set."""
    moment, *command = arguments
    try:
        moved_by = seconds_until(moment, datetime.now(UTC)) + int(os.environ.get(OFFSET, "0"))
        moved = {PRELOAD: str(library()), OFFSET: str(moved_by)}
    except ClockNotSet as failure:
        sys.exit(str(failure))
    os.execvpe(command[0], command, os.environ | moved)  # noqa: S606 - make's own command, without a shell


if __name__ == "__main__":
    main(sys.argv[1:])
