"""`make dashboard`: draws the template's CloudWatch dashboard as a picture, from metrics in a file."""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from commands.series import Dimensions, Line, Sample, lines
from commands.template import dashboard

Json = dict[str, Any]
COLUMNS = 24
INCHES_A_COLUMN, INCHES_A_ROW = 0.78, 0.5
_SEARCH = re.compile(r"SEARCH\('\{([^,}]+),([^}]*)\} MetricName=\"(\w+)\"(?: (\w+)=\"([^\"]*)\")?', '(\w+)', (\d+)\)")
_CONSTANT = re.compile(r"TIME_SERIES\((\d+)\)")


def wanted(row: list[Any], properties: Json) -> tuple[str, str, Dimensions, str, float]:
    """Return one row of a widget's metrics: namespace, name, dimensions, statistic, period in seconds."""
    if isinstance(row[0], dict):
        found = _SEARCH.fullmatch(row[0]["expression"])
        if found is None:
            raise ValueError(f"{properties['title']}: an expression that cannot be drawn")
        namespace, names, name, dimension, value, stat, period = found.groups()
        dimensions: dict[str, str | None] = dict.fromkeys(names.split(","))
        return namespace, name, dimensions | ({dimension: value} if dimension else {}), stat, float(period)
    namespace, name, *rest = row[:-1]
    return namespace, name, dict(zip(rest[::2], rest[1::2], strict=True)), row[-1]["stat"], float(properties["period"])


def label(row: list[Any], dimensions: Json) -> str:
    """Return a line's name with its dimensions filled in; for a search without a name, the dimensions."""
    text = str((row[0] if isinstance(row[0], dict) else row[-1]).get("label", ", ".join(dimensions.values())))
    return re.sub(r"\$\{PROP\('Dim\.(\w+)'\)\}", lambda found: dimensions[found[1]], text)


def drawn(widget: Json, samples: Sequence[Sample]) -> list[tuple[str, Line]]:
    """Return a widget's lines, with their names."""
    properties = widget["properties"]
    found = []
    for row in properties["metrics"]:
        constant = _CONSTANT.fullmatch(row[0]["expression"]) if isinstance(row[0], dict) else None
        if constant:
            at = [each.at for each in samples]
            found.append((row[0]["label"], [(min(at), float(constant[1])), (max(at), float(constant[1]))]))
            continue
        found += [(label(row, dict(d)), line) for d, line in lines(samples, *wanted(row, properties))]
    return found


def draw(body: Json, samples: Sequence[Sample], title: str, picture: Path) -> None:
    """Draw every widget at its place in the dashboard."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    rows = max(each["y"] + each["height"] for each in body["widgets"]) + 1
    width, height = COLUMNS * INCHES_A_COLUMN, rows * INCHES_A_ROW
    figure = plt.figure(figsize=(width, height), dpi=80, facecolor="#f2f3f3")
    figure.text(0.01, 1 - 0.6 / rows, title, fontsize=15, weight="bold")
    hours = (0.0, max(each.at for each in samples) / 3600)
    for widget in body["widgets"]:
        top = 1 - (widget["y"] + 1) / rows
        left, share = widget["x"] / COLUMNS, widget["width"] / COLUMNS
        if widget["type"] == "text":
            text = widget["properties"]["markdown"].lstrip("# ")
            figure.text(0.01, top - 0.75 / rows, text, fontsize=13, weight="bold", color="#0f4c81")
            continue
        found = drawn(widget, samples)
        below = 0.85 + 0.3 * math.ceil(len(found) / _columns(found))  # the ticks, and the rows of the legend
        frame = (left + 0.032, top - (widget["height"] - below) / rows, share - 0.042, 0)
        tall = (widget["height"] - below - 0.65) / rows
        _draw_widget(figure.add_axes((*frame[:3], tall)), widget["properties"], found, hours)
    figure.savefig(picture)
    plt.close(figure)


def _columns(found: list[tuple[str, Line]]) -> int:
    return 2 if max((len(name) for name, _ in found), default=0) > 30 else 4


def _draw_widget(axes: Any, properties: Json, found: list[tuple[str, Line]], hours: tuple[float, float]) -> None:
    axes.set_title(properties["title"], fontsize=9, loc="left", weight="bold")
    axes.tick_params(labelsize=7)
    axes.grid(visible=True, color="#dddddd", linewidth=0.5)
    axes.set_xlim(*hours)
    axes.xaxis.set_major_formatter(lambda hour, _position: f"{int(hour):02}:{round(hour % 1 * 60):02}")
    axis = properties.get("yAxis", {}).get("left", {})
    axes.set_ylabel(axis.get("label", ""), fontsize=7)
    for name, line in found:
        style = {"marker": "o", "markersize": 2} if len(line) < 60 else {}
        axes.plot([at / 3600 for at, _ in line], [value for _, value in line], label=name, linewidth=0.9, **style)
    for each in properties.get("annotations", {}).get("horizontal", []) if found else []:
        axes.axhline(each["value"], color="#d13212", linewidth=0.9, linestyle="--")
        axes.text(hours[0], each["value"], f" {each['label']}", fontsize=6.5, color="#d13212", va="bottom")
    axes.set_ylim(bottom=axis.get("min"))
    if found:
        below = {"loc": "upper left", "bbox_to_anchor": (-0.02, -0.1), "ncol": _columns(found)}
        axes.legend(fontsize=6.5, frameon=False, **below)
    else:
        axes.text(
            0.5, 0.5, "nothing measured here", ha="center", va="center", color="#888888", transform=axes.transAxes
        )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make dashboard", description=__doc__)
    parser.add_argument("samples", type=Path, help="metrics, one JSON line each")
    parser.add_argument("picture", type=Path, help="the PNG to write")
    parser.add_argument("--title", default="Dashboard")
    parser.add_argument("--stack", default="chaos", help="name of the stack that the metrics are of")
    parser.add_argument("--hours", type=float, default=24.0, help="how much to draw, from the beginning")
    given = parser.parse_args(arguments)
    samples = [Sample.parse(line) for line in given.samples.read_text("utf-8").splitlines()]
    samples = [each for each in samples if each.at <= given.hours * 3600]
    if not samples:
        print("no metrics to draw", file=sys.stderr)
        return 1
    draw(dashboard(given.stack), samples, given.title, given.picture)
    print(f"{given.picture}: {len(samples)} values")
    return 0


if __name__ == "__main__":
    sys.exit(main())
