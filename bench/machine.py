"""Description of the machine of a run."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Json = dict[str, Any]
CPU = Path("/proc/cpuinfo")


def described() -> Json:
    """Return time and machine, without anything that identifies it."""
    named = re.search(r"^model name\s*: (.+)$", CPU.read_text("utf-8"), re.MULTILINE) if CPU.exists() else None
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes").replace("+00:00", "Z"),
        "python": platform.python_version(),
        "processor": named[1] if named else platform.machine(),
        "cores": os.cpu_count(),
        "kernel": platform.release().partition("-")[0],
        "load": os.getloadavg()[0],
    }
