"""Processor time of one process and of the whole machine, from Linux."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")


def seconds_of(pid: int) -> float:
    """Return a process's processor time so far, user and kernel, in seconds."""
    return _ticks_of((PROC / str(pid) / "stat").read_text("utf-8", "replace")) / TICKS


def _ticks_of(stat: str) -> int:
    fields = stat.rpartition(")")[2].split()  # the name before may hold anything
    return int(fields[11]) + int(fields[12])


@dataclass(frozen=True)
class Moment:
    """Processor ticks of all cores since the machine's start: all ticks, and busy ones."""

    all_ticks: int
    busy_ticks: int

    @classmethod
    def now(cls) -> Moment:
        return cls.parse((PROC / "stat").read_text("ascii"))

    @classmethod
    def parse(cls, stat: str) -> Moment:
        """Read /proc/stat."""
        ticks = [int(each) for each in stat.splitlines()[0].split()[1:9]]
        idle = ticks[3] + ticks[4]
        return cls(sum(ticks), sum(ticks) - idle)

    def busy_since(self, before: Moment) -> float:
        """Return the busy share of the machine's processor time since `before`, 0 to 1."""
        passed = self.all_ticks - before.all_ticks
        return (self.busy_ticks - before.busy_ticks) / passed if passed else 0.0
