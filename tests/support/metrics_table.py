"""`docs/metrics.md`, the metrics that a run made the functions emit, and where the two disagree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "metrics.md"
FUNCTIONS = frozenset(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
_ROW = re.compile(r"^\| (?P<names>`[^|]+) \| (?P<unit>\w+) \| (?P<dimensions>[^|]+) \|", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Metric:
    """A metric as CloudWatch tells it from others, its unit beside it."""

    name: str
    unit: str
    dimensions: tuple[str, ...]


@dataclass(frozen=True, order=True)
class Seen:
    """A metric that a function emitted."""

    metric: Metric
    service: str


EMITTED: set[Seen] = set()
"""What has been emitted in this process."""


@contextmanager
def not_judged() -> Iterator[None]:
    """What is emitted inside the block is no work of the product's."""
    before = set(EMITTED)
    yield
    EMITTED.intersection_update(before)


def documented(text: str) -> set[Metric]:
    """Return the metrics of the page's table."""
    return set(_rows(text))


def _rows(text: str) -> Iterator[Metric]:
    for row in _ROW.finditer(text):
        given = [each.strip() for each in row["dimensions"].split(",")]
        dimensions = tuple(sorted(given)) if given != ["none"] else ()
        for name in re.findall(r"`(\w+)`", row["names"]):
            yield Metric(name, row["unit"], dimensions)


def seen(metric_set: object) -> Iterator[Seen]:
    """Yield the metrics of one serialized EMF document, if a function of ours wrote it."""
    if not isinstance(metric_set, dict):
        return
    service = re.sub(r"_[0-9]+$", "", str(metric_set.get("service", "")))  # tests number the loads of a function
    for directive in metric_set["_aws"]["CloudWatchMetrics"]:
        for dimensions in directive["Dimensions"]:
            for each in directive["Metrics"]:
                if service in FUNCTIONS and "service" in dimensions:
                    yield Seen(Metric(each["Name"], str(each["Unit"]), tuple(sorted(dimensions))), service)


def disagreements(text: str, emitted: Iterable[Seen]) -> list[str]:
    """Say which metrics the page lacks, and which of its nothing emitted."""
    told, done = documented(text), {each.metric for each in emitted}
    lacking = [f"docs/metrics.md lacks {_said(each)}" for each in sorted(done - told)]
    never = [f"docs/metrics.md has {_said(each)}, which nothing emitted" for each in sorted(told - done)]
    return lacking + never


def _said(metric: Metric) -> str:
    return f"{metric.name} in {metric.unit} by {', '.join(metric.dimensions)}"
