"""Medians with their spread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """A sample's median and quartiles, in the unit of the sample."""

    median: float
    lower: float
    upper: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Summarise a sample; raises ValueError for an empty one."""
        return cls(percentile(values, 50), percentile(values, 25), percentile(values, 75), len(values))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the percentile `share` of a sample, interpolated linearly.

    Raises ValueError for an empty sample or a share outside 0 to 100.
    """
    if not values or not 0 <= share <= 100:
        raise ValueError("no such percentile")
    ordered = sorted(values)
    place = (len(ordered) - 1) * share / 100
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def shares(values: Sequence[float]) -> dict[str, float]:
    """Return p50 and p95 of a sample with its size; raises ValueError for an empty one."""
    return {"p50": percentile(values, 50), "p95": percentile(values, 95), "count": len(values)}


def covered(spans: Sequence[tuple[float, float]], begin: float, end: float) -> float:
    """Return the time between `begin` and `end` that is covered by at least one span."""
    length, reached = 0.0, begin
    for first, last in sorted(spans):
        first, last = max(first, reached), min(last, end)
        length += max(0.0, last - first)
        reached = max(reached, last)
    return length
