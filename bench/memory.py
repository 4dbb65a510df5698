"""Peak memory of a function's process."""

from __future__ import annotations

import re
from pathlib import Path

from bench.runtime import Runtime, RuntimeFailed

PROC = Path("/proc")


def process_of(runtime: Runtime) -> int:
    """Return the runtime client's process id, the emulator's only child; raises RuntimeFailed."""
    emulator = runtime.process_id
    children = (PROC / str(emulator) / "task").glob("*/children")
    pids = [int(pid) for each in children for pid in each.read_text("ascii").split()]
    if len(pids) != 1:
        raise RuntimeFailed(f"{len(pids)} processes below the emulator, not one")
    return pids[0]


def peak_megabytes(runtime: Runtime) -> float:
    """Return the peak of the runtime client's resident memory, without the emulator's."""
    return peak_of((PROC / str(process_of(runtime)) / "status").read_text("ascii"))


def peak_of(status: str) -> float:
    """Return VmHWM of a process's status in megabytes of 1,000,000 bytes; raises ValueError if missing."""
    found = re.search(r"^VmHWM:\s+([0-9]+) kB$", status, re.MULTILINE)
    if found is None:
        raise ValueError("no VmHWM")
    return int(found[1]) * 1024 / 1_000_000
