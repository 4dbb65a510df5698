"""Which metrics the template's dashboard and alarms look at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from commands.template import dashboard, template
from tests.support.metrics_table import Metric, Seen

Json = dict[str, Any]
OWN = "ConvoxClinicea"
_CONSTANT = re.compile(r"TIME_SERIES\(\d+\)")
_QUERY = re.compile(r'SELECT \w+\((?P<name>\w+)\) FROM SCHEMA\("(?P<namespace>\w+)", (?P<dimensions>[\w, ]+)\)')
_SEARCH = re.compile(r"SEARCH\('\{(?P<namespace>[^,}]+),(?P<dimensions>[^}]*)\} MetricName=\"(?P<name>\w+)\"")


@dataclass(frozen=True, order=True)
class Look:
    """One look at one metric; a dimension's value is None where the look takes any."""

    where: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str | None], ...]

    def __str__(self) -> str:
        return f"{self.where}: {self.name} by {dict(self.dimensions)}"


class Watched(tuple[Look, ...]):
    """All looks of dashboard and alarms."""

    __slots__ = ()

    def unknown(self, emitted: Iterable[Seen]) -> list[Look]:
        """Return the looks at metrics of our own that nothing emitted, service and dimensions included."""
        known = {(each.metric.name, each.metric.dimensions, each.service) for each in emitted}
        unnamed = {(name, dimensions, None) for name, dimensions, _ in known}
        return [
            look
            for look in self
            if look.namespace == OWN
            and (look.name, tuple(sorted(name for name, _ in look.dimensions)), dict(look.dimensions).get("service"))
            not in known | unnamed
        ]


def alarms() -> dict[str, Json]:
    """Return the properties of the alarms, by logical id."""
    resources = template()["Resources"]
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == "AWS::CloudWatch::Alarm"}


def filtered() -> Iterator[Seen]:
    """Yield the metrics that filters of the template make out of log lines."""
    for each in template()["Resources"].values():
        if each["Type"] == "AWS::Logs::MetricFilter":
            for made in each["Properties"]["MetricTransformations"]:
                yield Seen(Metric(made["MetricName"], made["Unit"], ()), "the access log")


def watched() -> Watched:
    """Return every look of dashboard and alarms."""
    return Watched([*_of_dashboard(), *_of_alarms()])


def _of_dashboard() -> Iterator[Look]:
    for widget in dashboard()["widgets"]:
        title = widget["properties"].get("title", "")
        for row in widget["properties"].get("metrics", []):
            if isinstance(row[0], dict):
                if _CONSTANT.fullmatch(row[0]["expression"]):
                    continue
                found = _SEARCH.search(row[0]["expression"])
                if found is None:
                    raise ValueError(f"{title}: an expression that is not understood")
                yield _any(title, found, ",")
            else:
                namespace, name, *rest = [each for each in row if not isinstance(each, dict)]
                yield Look(title, namespace, name, tuple(zip(rest[::2], rest[1::2], strict=True)))


def _of_alarms() -> Iterator[Look]:
    for name, alarm in alarms().items():
        if "MetricName" in alarm:
            yield _look(name, alarm)
        for each in alarm.get("Metrics", []):
            if "MetricStat" in each:
                yield _look(name, each["MetricStat"]["Metric"])
            elif query := _QUERY.fullmatch(each["Expression"]):
                yield _any(name, query, ", ")


def _any(where: str, found: re.Match[str], separator: str) -> Look:
    """A look at a metric whatever its dimensions are, for a new function too."""
    names = found["dimensions"].split(separator)
    return Look(where, found["namespace"], found["name"], tuple((name, None) for name in names))


def _look(where: str, metric: Json) -> Look:
    dimensions = tuple((each["Name"], each["Value"]) for each in metric.get("Dimensions", ()))
    readable = tuple((name, value if isinstance(value, str) else json.dumps(value)) for name, value in dimensions)
    return Look(where, metric["Namespace"], metric["MetricName"], readable)
