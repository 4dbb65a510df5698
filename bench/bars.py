"""The bars: what the figures are held against, judged from the results of one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
LOOK_UPS = ("search_patient", "past_appointments", "call_popup")
USUAL = "usual"
OTHERS = (USUAL, "usual_compiled", "bare")
UP_TO = 8
"""The highest concurrency at which the throughput is held against the ideal line."""


@dataclass(frozen=True)
class Bar:
    """One figure and its bar, in the same unit; `least` if it is to be no lower, else no higher."""

    what: str
    figure: float
    bar: float
    unit: str
    least: bool = False

    @property
    def held(self) -> bool:
        return self.figure >= self.bar if self.least else self.figure <= self.bar

    @property
    def sign(self) -> str:
        return "≥" if self.least else "≤"

    def as_json(self) -> Json:
        """The bar as the results keep it."""
        named = {"what": self.what, "figure": self.figure, "bar": self.bar, "sign": self.sign, "unit": self.unit}
        return {**named, "held": self.held}


def judge(results: Json) -> list[Bar]:
    """Hold every part that the results have against its bars."""
    parts: dict[str, Callable[[Any], Iterator[Bar]]] = {
        "cold": _cold,
        "warm": _warm,
        "popup": _popup,
        "throughput": _throughput,
        "burst": _burst,
    }
    found = [bar for name, part in parts.items() if name in results for bar in part(results[name])]
    if "simulation" in results:
        found += _drained("simulated", results["simulation"])
    if "layer" in results:
        found.append(Bar("layer, zipped", results["layer"]["zipped_megabytes"], 9.0, "MB"))
    return found


def _cold(cold: Json) -> Iterator[Bar]:
    usual = cold[USUAL]["total"]["median"]
    for name, each in cold.items():
        if name not in OTHERS:
            bar = 0.50 if name in LOOK_UPS else 0.60
            yield Bar(f"cold start of {name}", each["total"]["median"] / usual, bar, "of the usual handler's")


def _warm(warm: Json) -> Iterator[Bar]:
    for name, each in warm.items():
        if name not in OTHERS:
            yield Bar(f"{name} adds, p50", each["added"]["p50"], 2.0, "ms")
            yield Bar(f"{name} adds, p99", each["added"]["p99"], 8.0, "ms")


def _popup(popup: list[Json]) -> Iterator[Bar]:
    for each in popup:
        if each["latency"] in (200, 800):
            yield Bar(f"pop-up over {each['latency']} ms", each["ratio"], 1.15, "of the two trips")


def _throughput(throughput: Json) -> Iterator[Bar]:
    for each in throughput["levels"]:
        if each["concurrency"] <= UP_TO:
            yield Bar(
                f"throughput of {each['concurrency']} at a time", each["share"], 0.90, "of the ideal line", least=True
            )


def _burst(burst: Json) -> Iterator[Bar]:
    yield from _drained("real time", burst)


def _drained(how: str, burst: Json) -> Iterator[Bar]:
    what = f"burst of {burst['bookings']:,}, {how}"
    yield Bar(f"{what}: drained at", burst["share"], 0.95, "of the ideal rate", least=True)
    yield Bar(f"{what}: lost", burst["lost"], 0, "bookings")
    yield Bar(f"{what}: booked twice", burst["doubled"], 0, "bookings")
