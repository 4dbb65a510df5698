"""The bars: limits of the figures, checked on the results of one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
LOOK_UPS = ("search_patient", "past_appointments", "call_popup", "call_popup_with_desk")
USUAL = "usual"
OTHERS = (USUAL, "usual_compiled", "bare")
OF_USUAL = "of the usual handler's"
UP_TO = 8
"""Highest concurrency at which the throughput is compared with the ideal line."""


@dataclass(frozen=True)
class Bar:
    """One figure and its bar, in the same unit; `least` for a lower limit, else an upper one.

    Attributes:
        kind: kind of bar; `what` names the figure.
    """

    kind: str
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
        """Return the bar in the form of the results."""
        named = {
            "kind": self.kind,
            "what": self.what,
            "figure": self.figure,
            "bar": self.bar,
            "sign": self.sign,
            "unit": self.unit,
        }
        return {**named, "held": self.held}


def judge(results: Json) -> list[Bar]:
    """Compare every part of the results with its bars."""
    parts: dict[str, Callable[[Any], Iterator[Bar]]] = {
        "cold": _cold,
        "warm": _warm,
        "popup": _popup,
        "throughput": _throughput,
        "burst": _burst,
        "desk": _desk,
    }
    found = [bar for name, part in parts.items() if name in results for bar in part(results[name])]
    if "simulation" in results:
        found += _drained("in virtual time", results["simulation"])
    if "layer" in results:
        found.append(Bar("the layer, zipped", "for this Python", results["layer"]["zipped_megabytes"], 9.0, "MB"))
    return found


def _cold(cold: Json) -> Iterator[Bar]:
    usual = cold[USUAL]["total"]["median"]
    for name, each in sorted(cold.items(), key=lambda named: named[0] not in LOOK_UPS):
        if name not in OTHERS:
            share = each["total"]["median"] / usual
            if name in LOOK_UPS:
                yield Bar("cold look-up", name, share, 0.50, OF_USUAL)
            else:
                yield Bar("cold start of any other function", name, share, 0.60, OF_USUAL)


def _warm(warm: Json) -> Iterator[Bar]:
    for name, each in warm.items():
        if name not in OTHERS:
            yield Bar("added when warm, p50", name, each["added"]["p50"], 2.0, "ms")
            yield Bar("added when warm, p99", name, each["added"]["p99"], 8.0, "ms")


def _popup(popup: list[Json]) -> Iterator[Bar]:
    for each in popup:
        if each["latency"] in (200, 800):
            yield Bar("pop-up", f"{each['latency']} ms", each["ratio"], 1.15, "times the two trips")


def _throughput(throughput: Json) -> Iterator[Bar]:
    for each in throughput["levels"]:
        if each["concurrency"] <= UP_TO:
            workers = f"{each['concurrency']} at a time"
            yield Bar("worker's throughput", workers, each["share"], 0.90, "of the ideal line", least=True)


def _burst(burst: Json) -> Iterator[Bar]:
    yield from _drained("in real time", burst)


def _desk(desk: Json) -> Iterator[Bar]:
    chromium = desk["chromium"]
    if chromium is not None:
        by, call = in_use(chromium["ways"])
        yield Bar("desk: announcement to name, p50", f"in Chromium, by {by}", call["named"]["p50"] / 1000, 1.0, "s")
        yield Bar("desk: announcement to name, p95", f"in Chromium, by {by}", call["named"]["p95"] / 1000, 2.0, "s")
        yield Bar("desk: usable after sign-in, p95", "in Chromium", chromium["usable"]["p95"] / 1000, 0.5, "s")
        yield from _booked("in Chromium", call)
        yield Bar("desk: requests of one call", "without polling, p95", call["requests"]["p95"], 8, "requests")
    yield from _booked("over HTTP", desk["http"])
    for page, weight in desk["http"]["weight"].items():
        yield Bar("desk: a page with its files", f"the {page}", weight / 1000, 60.0, "KB")


def in_use(ways: Json) -> tuple[str, Json]:
    """Return how a page learns of a call, `push` where it does, and the figures of these calls."""
    return next(iter(ways.items())) if "push" not in ways else ("push", ways["push"])


def _booked(how: str, call: Json) -> Iterator[Bar]:
    yield Bar("desk: *Book* to *taken down*, p95", how, call["taken_down"]["p95"] / 1000, 0.5, "s")
    yield Bar("desk: *Book* to *booked*, p95", how, call["booked"]["p95"] / 1000, 5.0, "s")


def _drained(how: str, burst: Json) -> Iterator[Bar]:
    what = f"{burst['bookings']:,} {how}"
    yield Bar("a burst is worked off", what, burst["share"], 0.95, "of the ideal rate", least=True)
    yield Bar("of a burst lost", what, burst["lost"], 0, "bookings")
    yield Bar("of a burst booked twice", what, burst["doubled"], 0, "bookings")
