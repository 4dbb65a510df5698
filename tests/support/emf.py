"""Metrics as CloudWatch reads them out of log lines (embedded metric format)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Emitted:
    """One value of one metric under one set of dimensions."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    values: tuple[float, ...]
    unit: str


def read(output: str) -> Iterator[Emitted]:
    """Yield the metrics among the lines of a function's output."""
    for line in output.splitlines():
        if not line.startswith('{"_aws"'):
            continue
        document = json.loads(line)
        for directive in document["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = tuple(sorted((name, str(document[name])) for name in names))
                for metric in directive["Metrics"]:
                    value = document[metric["Name"]]
                    values = tuple(value) if isinstance(value, list) else (value,)
                    yield Emitted(directive["Namespace"], metric["Name"], dimensions, values, metric["Unit"])


def values(output: str, name: str) -> list[float]:
    """Return all values of one metric."""
    return [value for emitted in read(output) if emitted.name == name for value in emitted.values]
