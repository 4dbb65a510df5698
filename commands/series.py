"""Samples of metrics, and the lines that CloudWatch would draw."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

Dimensions = Mapping[str, str | None]


@dataclass(frozen=True)
class Sample:
    """One value of one metric; `at` in seconds."""

    at: float
    namespace: str
    name: str
    dimensions: Mapping[str, str]
    value: float

    @classmethod
    def parse(cls, line: str) -> Sample:
        """Parse one line of JSON."""
        read = json.loads(line)
        return cls(float(read["at"]), read["namespace"], read["name"], read["dimensions"], float(read["value"]))

    def line(self) -> str:
        """Return it as a line of JSON."""
        return json.dumps({**vars(self), "dimensions": dict(self.dimensions)})


Line = list[tuple[float, float]]
"""Points: the start of a period in seconds, and the statistic's value."""


def lines(
    samples: Iterable[Sample], namespace: str, name: str, dimensions: Dimensions, stat: str, period: float
) -> Iterator[tuple[dict[str, str], Line]]:
    """Yield a line for each matching set of dimensions; None matches any value."""
    found: dict[tuple[tuple[str, str], ...], dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    for each in samples:
        if (each.namespace, each.name) == (namespace, name) and _fits(each.dimensions, dimensions):
            found[tuple(sorted(each.dimensions.items()))][each.at // period * period].append(each.value)
    for key, periods in sorted(found.items()):
        yield dict(key), [(at, statistic(values, stat)) for at, values in sorted(periods.items())]


def statistic(values: list[float], stat: str) -> float:
    """Return a CloudWatch statistic of one period's values: Sum, SampleCount, Average, Minimum, Maximum or pNN."""
    if stat.startswith("p"):
        ordered = sorted(values)
        return ordered[max(0, math.ceil(float(stat[1:]) / 100 * len(ordered)) - 1)]
    of: dict[str, Callable[[list[float]], float]] = {
        "Sum": sum,
        "SampleCount": len,
        "Minimum": min,
        "Maximum": max,
        "Average": lambda given: sum(given) / len(given),
    }
    return float(of[stat](values))


def _fits(given: Mapping[str, str], wanted: Dimensions) -> bool:
    return given.keys() == wanted.keys() and all(value in (None, given[name]) for name, value in wanted.items())
