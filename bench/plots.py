"""`python -m bench.plots results.json folder`: draws the results. It needs the drawing library's environment."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Json = dict[str, Any]
GREY, BLUE, ORANGE, RED = "#8a9197", "#0f6cbd", "#e07b00", "#c62828"
DPI = 80
LOOK_UP_BAR, ANY_BAR, ADDED_P50, ADDED_P99 = 0.50, 0.60, 2.0, 8.0


def _axes(width: float, height: float, count: int = 1) -> tuple[Any, list[Any]]:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, count, figsize=(width, height), dpi=DPI, squeeze=False, layout="constrained")
    for each in axes[0]:
        each.spines[["top", "right"]].set_visible(False)
        each.tick_params(labelsize=8)
        each.grid(visible=True, color="#e5e5e5", linewidth=0.6)
        each.set_axisbelow(True)
    return figure, [*axes[0]]


def _save(figure: Any, file: Path) -> None:
    from matplotlib import pyplot as plt

    figure.savefig(file)
    plt.close(figure)


def cold(found: Json, file: Path) -> None:
    """Draw the cold starts as stacked parts, with their bars."""
    figure, (axes,) = _axes(9, 5)
    names = sorted(found, key=lambda name: found[name]["total"]["median"], reverse=True)
    parts = (
        ("emulator", "#c9ced2", "the emulator's own start"),
        ("init", BLUE, "start-up (INIT)"),
        ("first_request", ORANGE, "first request"),
    )
    left = [0.0] * len(names)
    for part, colour, label in parts:
        widths = [found[name][part]["median"] for name in names]
        axes.barh(names, widths, left=left, color=colour, label=label)
        left = [before + width for before, width in zip(left, widths, strict=True)]
    for row, name in enumerate(names):
        total = found[name]["total"]
        axes.plot([total["lower"], total["upper"]], [row, row], color="black", linewidth=1.2)
    usual = found["usual"]["total"]["median"]
    for share in (LOOK_UP_BAR, ANY_BAR):
        axes.axvline(usual * share, color=RED, linewidth=0.9, linestyle="--")
        axes.text(usual * share, len(names) - 0.35, f"{share:.2f}", color=RED, fontsize=8, ha="center")
    axes.invert_yaxis()
    axes.set_xlabel("ms from process start to first answer; medians, black: quartiles; dashed: the bars", fontsize=8)
    axes.legend(fontsize=8, loc="lower right", frameon=False)
    _save(figure, file)


def warm(found: Json, file: Path) -> None:
    """Draw the time added by each function: p50, p95, p99."""
    figure, (axes,) = _axes(9, 4.5)
    names = sorted(found, key=lambda name: found[name]["added"]["p50"])
    for row, name in enumerate(names):
        added = found[name]["added"]
        axes.plot([added["p50"], added["p99"]], [row, row], color=GREY, linewidth=2, zorder=1)
    for share, colour in (("p50", BLUE), ("p95", ORANGE), ("p99", RED)):
        axes.scatter([found[name]["added"][share] for name in names], names, color=colour, label=share, zorder=2, s=24)
    axes.axvline(ADDED_P50, color=BLUE, linewidth=0.9, linestyle="--")
    axes.axvline(ADDED_P99, color=RED, linewidth=0.9, linestyle="--")
    axes.set_xlim(left=0)
    axes.set_xlabel("ms added to the waiting for Clinicea and AWS; dashed: the bars of p50 and p99", fontsize=8)
    axes.legend(fontsize=8, loc="lower right", frameon=False)
    _save(figure, file)


def load(popup: list[Json], throughput: Json, file: Path) -> None:
    """Draw the pop-up by Clinicea's latency, and the worker's throughput with the ideal line."""
    figure, (left, right) = _axes(9, 3.6, 2)
    places = range(len(popup))
    for what, offset, colour, label in (
        ("unavoidable", -0.2, GREY, "the two trips alone"),
        ("popup", 0.2, BLUE, "pop-up"),
    ):
        heights = [each[what]["median"] for each in popup]
        left.bar([each + offset for each in places], heights, 0.38, color=colour, label=label)
    for place, each in zip(places, popup, strict=True):
        left.text(place + 0.2, each["popup"]["median"], f"{each['ratio']:.2f}", ha="center", va="bottom", fontsize=8)
    left.set_xticks([*places], [f"{each['latency']} ms" for each in popup])
    left.set_title("Pop-up over Clinicea's latency, ms", fontsize=9, loc="left")
    left.legend(fontsize=8, frameon=False)
    levels = throughput["levels"]
    at_once = [each["concurrency"] for each in levels]
    right.plot(at_once, [each["ideal"] for each in levels], color=GREY, linestyle="--", label="ideal")
    right.plot(at_once, [each["rate"]["median"] for each in levels], color=BLUE, marker="o", label="measured")
    for each in levels:
        point = each["concurrency"], each["rate"]["median"]
        right.annotate(f"{each['share']:.0%}", point, (5, -10), textcoords="offset points", fontsize=8)
    right.set_xticks(at_once)
    right.set_title("Bookings a second, by workers at a time", fontsize=9, loc="left")
    right.legend(fontsize=8, frameon=False)
    _save(figure, file)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.plots", description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("folder", type=Path, help="where the PNGs go")
    given = parser.parse_args(arguments)
    results: Json = json.loads(given.results.read_text("utf-8"))
    given.folder.mkdir(parents=True, exist_ok=True)
    if "cold" in results:
        cold(results["cold"], given.folder / "performance-cold.png")
    if "warm" in results:
        warm(results["warm"], given.folder / "performance-warm.png")
    if "popup" in results and "throughput" in results:
        load(results["popup"], results["throughput"], given.folder / "performance-load.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
