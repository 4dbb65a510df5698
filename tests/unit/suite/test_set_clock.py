"""The suite's clock: moved in a command and in what it starts, by the time of day alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.processes import clean_environment
from tests.support import set_clock
from tests.support.functions import ROOT

ASKED = """
import json, multiprocessing, pathlib, subprocess, sys, time
before, began = time.time(), time.monotonic()
time.sleep(0.05)
multiprocessing.Semaphore(0).acquire(timeout=0.05)
file = pathlib.Path(sys.argv[1]); file.write_text("")
child = [sys.executable, "-c", "import datetime; print(datetime.datetime.now(datetime.UTC).isoformat())"]
print(json.dumps({
    "now": time.strftime("%Y-%m-%d %H:%M", time.gmtime(before)),
    "child": subprocess.run(child, capture_output=True, text=True, check=True).stdout.strip(),
    "slept": time.monotonic() - began, "passed": time.time() - before, "file": file.stat().st_mtime,
}))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux") or shutil.which("cc") is None, reason="needs Linux and cc")
def test_command_and_its_children_start_at_that_time_and_go_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.support.set_clock", "2031-12-31 23:30:00"]

    done = subprocess.run(
        [*command, sys.executable, "-c", ASKED, str(tmp_path / "file")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    seen = json.loads(done.stdout)
    assert seen["now"].startswith("2031-12-31 23:3")
    assert seen["child"].startswith("2031-12-31T23:3")
    assert min(seen["slept"], seen["passed"]) >= 0.1
    assert seen["file"] < datetime(2031, 12, 1, tzinfo=UTC).timestamp(), "files are dated by the true clock"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2031-03-03 12:00:10", 10), ("2031-03-03T17:30:00+05:30", 0), ("2031-03-02", -129600)],
)
def test_a_moment_is_utc_unless_it_says_otherwise(text: str, seconds: int) -> None:
    assert set_clock.seconds_until(text, datetime(2031, 3, 3, 12, tzinfo=UTC)) == seconds


def test_what_is_no_moment_is_refused_before_anything_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.set_clock", "tomorrow", "echo", "run"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "CLOCK=tomorrow is no moment such as '2028-02-29 12:00:00'\n"


def test_without_a_compiler_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_clock, "LIBRARIES", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(set_clock.ClockNotSet, match="apt-get install gcc"):
        set_clock.library()


def test_the_launcher_hands_the_clock_on_to_all_that_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(set_clock.PRELOAD, "library.so")
    monkeypatch.setenv(set_clock.OFFSET, "7")

    kept = clean_environment(tmp_path)

    assert set_clock.inherited() == {set_clock.PRELOAD: "library.so", set_clock.OFFSET: "7"}
    assert set_clock.inherited().items() <= kept.items()
