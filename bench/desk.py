"""The desk's part of the benchmark: its requests on the built function, then calls on a deployed stack.

The stack is what `make run` serves, with Clinicea 200 ms late. Where Chromium and the environment of `make browser`
are, the calls are also played in a browser.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench import desk_http, desk_requests
from bench.desk_http import DeployedStack
from bench.runtime import ROOT
from bench.spread import shares
from bench.stage import Stage
from local.clinicea.testing import ControlClient
from tests.browser.conftest import chromium
from tests.support.serving import served

Json = dict[str, Any]
Say = Callable[[str], None]
LATENCY_MILLISECONDS = 200
BROWSER = ROOT / ".tools" / "browser" / "bin" / "python"
START_SECONDS, CALL_SECONDS, SIGN_IN_SECONDS = 120, 60, 30
"""Time-outs: of the browser, of each call and of each sign-in in it."""
HTTP_DAY, CHROMIUM_DAY = 5, 40
"""Days ahead of the first appointments; each start is used once."""
OF_A_CALL = ("named", "taken_down", "booked", "requests", "polls", "bytes")


class NotMeasured(Exception):
    """The stack did not start, or the browser's program failed; the text is what it said."""


def measure(stage: Stage, calls: int, sign_ins: int, requests: int, say: Say) -> Json:
    """Measure the desk.

    Args:
        calls: played on the deployed stack, in each way.
        sign_ins: in the browser.
        requests: calls whose requests are sent to the built function.
    """
    found: Json = {"latency": LATENCY_MILLISECONDS, "requests": desk_requests.measure(stage, requests, say)}
    say("desk, deploying a stack with a desk")
    with _deployed(stage.folder / "desk") as file:
        told = json.loads(file.read_text("utf-8"))
        say(f"desk, {calls} calls over HTTP")
        found["http"] = desk_http.measure(DeployedStack(told), calls, HTTP_DAY)
        found["chromium"] = None
        if BROWSER.exists() and chromium() is not None:
            say(f"desk, {sign_ins} sign-ins and {calls} calls in Chromium")
            found["chromium"] = summary(in_chromium(file, calls, sign_ins))
        else:
            say("desk, no Chromium: what only a browser shows is not measured")
    return found


@contextmanager
def _deployed(folder: Path) -> Iterator[Path]:
    """Serve a stack with a desk and a slow Clinicea; yields its stack file."""
    folder.mkdir()
    try:
        with served(folder, "--parameter", "Desk=on") as told:
            ControlClient(told["clinicea_url"]).fault("*", "delay", seconds=LATENCY_MILLISECONDS / 1000)
            yield folder / "stack.json"
    except pytest.fail.Exception as failed:
        raise NotMeasured(str(failed)) from None


def in_chromium(stack_file: Path, calls: int, sign_ins: int) -> Json:
    """Run the browser's program on a deployed stack; raises NotMeasured."""
    found = stack_file.with_name("chromium.json")
    command = [str(BROWSER), "-m", "bench.desk_chromium", str(stack_file), str(found)]
    command += ["--calls", str(calls), "--sign-ins", str(sign_ins), "--first-day", str(CHROMIUM_DAY)]
    seconds = START_SECONDS + 2 * calls * CALL_SECONDS + sign_ins * SIGN_IN_SECONDS
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False)
    if done.returncode:
        raise NotMeasured(done.stderr[-3000:])
    measured: Json = json.loads(found.read_text("utf-8"))
    return measured


def summary(found: Json) -> Json:
    """Summarise the browser's figures; times are in milliseconds."""
    return {
        "version": found["version"],
        "usable": shares(found["usable"]),
        "first_visit_bytes": shares(found["received"]),
        "ways": {each["by"]: {what: shares(each[what]) for what in OF_A_CALL} for each in found["ways"]},
    }
