"""`make bench`: measures everything in one run, compares it with the bars, and writes results, pictures and tables.

A run of some parts only, or with smaller sizes, is a trial: it writes below `.local/bench` and leaves the committed
results and the page as they are.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import against, bars, bill, burst, cold, desk, desk_bill, machine, package, page, popup, throughput, warm
from bench.runtime import ROOT
from bench.simulation import Simulation
from bench.stage import DESK, MEASURED, Stage, function_of, stage
from commands.template import memory_megabytes

Json = dict[str, Any]
RESULTS, PAGE, PICTURES = ROOT / "bench" / "results.json", ROOT / "docs" / "performance.md", ROOT / "docs"
TRIED = ROOT / ".local" / "bench"
DRAWING = ROOT / ".tools" / "pictures" / "bin" / "python"
DRAW_SECONDS = 120
PARTS = ("cold", "warm", "popup", "throughput", "burst", "desk", "layer")


@dataclass(frozen=True)
class Sizes:
    """Sizes of the measurements."""

    cold_rounds: int = 7
    probed_rounds: int = 3
    warm_calls: int = 300
    popup_calls: int = 15
    latencies: tuple[int, ...] = (50, 200, 800)
    levels: tuple[int, ...] = (1, 2, 4, 8, 16)
    bookings_each: int = 8
    throughput_rounds: int = 3
    burst: int = 1000
    simulated: int = 100_000
    desk_calls: int = 24
    sign_ins: int = 12
    desk_requests: int = 60


TRYING = Sizes(2, 1, 40, 4, (50, 200, 800), (1, 2, 4, 8, 16), 4, 1, 100, 1000, 4, 2, 10)


class Run:
    """One run: its parts, their results, and the failed ones."""

    def __init__(self, sizes: Sizes, parts: Sequence[str]) -> None:
        self._sizes = sizes
        self._parts = parts
        self._began = time.monotonic()
        self.results: Json = {}
        self.failed: list[str] = []

    def say(self, text: str) -> None:
        """Print the progress."""
        print(f"[{time.monotonic() - self._began:6.1f} s] {text}", flush=True)

    def play(self, command: str) -> None:
        """Measure all parts; a failed one is reported, and the others are still measured."""
        before = machine.described()
        with ExitStack() as running:
            folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="convox-clinicea-bench-")))
            self.say("building the product and the usual handler, starting the embedded AWS and the fake Clinicea")
            standing = running.enter_context(stage(folder))
            for name, measure in self._measures(standing, running).items():
                if name in self._parts:
                    self._try(name, measure)
        if "warm" in self.results:
            memory = {name: memory_megabytes(function_of(name)) for name in MEASURED}
            self.results["bill"] = bill.of_all(self.results["warm"], memory)
        if "desk" in self.results:
            megabytes = memory_megabytes(DESK)
            self.results["desk_bill"] = desk_bill.of(self.results["desk"]["requests"], megabytes)
        self.results["bars"] = [each.as_json() for each in bars.judge(self.results)]
        self.results["run"] = {**before, "command": command, "seconds": time.monotonic() - self._began}

    def _measures(self, standing: Stage, running: ExitStack) -> dict[str, Callable[[], None]]:
        sizes, found, say = self._sizes, self.results, self.say

        def burst_and_simulation() -> None:
            simulation = running.enter_context(Simulation(sizes.simulated))
            # The simulation uses the processor during the long wait for the real burst.
            found["burst"] = burst.measure(standing, sizes.burst, say, simulation.start)
            found["simulation"] = simulation.result(say)

        def layer() -> None:
            found["layer"] = package.measure(standing.product.layer, standing.folder / "layer.zip")

        def started_cold() -> None:
            found["cold"] = cold.measure(standing, sizes.cold_rounds, sizes.probed_rounds, say)

        def warmed() -> None:
            found["warm"] = warm.measure(standing, sizes.warm_calls, say)

        def popped() -> None:
            found["popup"] = popup.measure(standing, sizes.latencies, sizes.popup_calls, say)

        def at_the_desk() -> None:
            calls, sign_ins, requests = sizes.desk_calls, sizes.sign_ins, sizes.desk_requests
            found["desk"] = desk.measure(standing, calls, sign_ins, requests, say)

        def worked() -> None:
            each, rounds = sizes.bookings_each, sizes.throughput_rounds
            found["throughput"] = throughput.measure(standing, sizes.levels, each, rounds, say)

        return {
            "layer": layer,
            "cold": started_cold,
            "warm": warmed,
            "popup": popped,
            "throughput": worked,
            "burst": burst_and_simulation,
            "desk": at_the_desk,
        }

    def _try(self, name: str, measure: Callable[[], None]) -> None:
        try:
            measure()
        except Exception:  # noqa: BLE001 - every failure is reported, and the other parts are measured
            self.failed.append(name)
            self.say(f"{name} FAILED\n{traceback.format_exc()}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", help=f"some parts, with commas between them: {', '.join(PARTS)}")
    parser.add_argument("--small", action="store_true", help="small sizes, for trying")
    parser.add_argument("--against", type=Path, help="another tree: only cold starts, of both in turns")
    parser.add_argument("--page", action="store_true", help="measure nothing; write the page anew from the results")
    given = parser.parse_args(arguments)
    if given.page:
        return publish(json.loads(RESULTS.read_text("utf-8")))
    if given.against is not None:
        return compare(given.against.resolve(), TRYING if given.small else Sizes())
    parts = given.only.split(",") if given.only else PARTS
    if not set(parts) <= set(PARTS):
        parser.error(f"--only takes {', '.join(PARTS)}")
    whole = not given.only and not given.small
    run = Run(TRYING if given.small else Sizes(), parts)
    run.play("make bench" if whole else "make bench, for trying")
    print(_told(run.results))
    if run.failed:
        print(f"failed: {', '.join(run.failed)}; docs/performance.md stays as it was", file=sys.stderr)
    whole = whole and not run.failed
    file = RESULTS if whole else TRIED / "results.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(run.results, indent=1) + "\n", "utf-8")
    print(f"{file.relative_to(ROOT)} written")
    drawn = publish(run.results) if whole else draw(file, TRIED)
    return 1 if run.failed or drawn else 0


def compare(other: Path, sizes: Sizes) -> int:
    """Measure the cold starts of this tree against another's; returns the exit code."""
    before = machine.described()
    found = against.measure(other, sizes.cold_rounds, lambda text: print(text, flush=True))
    file = TRIED / "against.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"cold": found, "run": before}, indent=1) + "\n", "utf-8")
    print(f"{against.told(found)}\n{file.relative_to(ROOT)} written")
    return 0


def publish(results: Json) -> int:
    """Write the page's tables and the pictures from the results; returns the exit code."""
    results["bars"] = [each.as_json() for each in bars.judge(results)]
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    PAGE.write_text(page.regenerated(PAGE.read_text("utf-8"), results), "utf-8")
    print(f"{PAGE.relative_to(ROOT)} written")
    return draw(RESULTS, PICTURES)


def draw(results: Path, folder: Path) -> int:
    """Run the drawing of the pictures in its environment; returns the exit code."""
    command = [str(DRAWING), "-m", "bench.plots", str(results), str(folder)]
    return subprocess.run(command, cwd=ROOT, timeout=DRAW_SECONDS, check=False).returncode


def _told(results: Json) -> str:
    """Return the results of the bars as lines."""
    lines = [
        f"  {'held  ' if bar.held else 'MISSED'}  {bar.kind}, {bar.what}: {bar.figure:.3f} "
        f"({bar.sign} {bar.bar:g} {bar.unit})"
        for bar in bars.judge(results)
    ]
    return "\n".join(["", *lines, ""])


if __name__ == "__main__":
    sys.exit(main())
