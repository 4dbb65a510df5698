"""One run for each stack file, and a killed run is cleaned up after by the next start."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local import paths, runs
from local.processes import FOLDER_PREFIX
from tests.support.waiting import eventually
from tests.unit.launcher.test_processes import is_gone

ROOT = Path(runs.__file__).parents[1]
# Claims the stack file, says so and waits for a line; then writes the stack file and ends as a launcher does.
HOLDER = """
import json, os, sys
from pathlib import Path
from local import paths, runs
paths.WORK, paths.RUNS = Path(sys.argv[1]), Path(sys.argv[1]) / "runs"
file = paths.WORK / "stack.json"
try:
    with runs.claimed(file) as run:
        run.note(temporary=sys.argv[2], api_url="http://the-first")
        file.write_text(json.dumps(run.owner))
        print("claimed", flush=True)
        sys.stdin.readline()
except runs.Served as refused:
    print("refused", flush=True)
"""


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.setattr(paths, "WORK", folder)
    monkeypatch.setattr(paths, "RUNS", folder / "runs")
    return folder


def start(work: Path, temporary: Path | str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(work), str(temporary)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def holder(work: Path, temporary: Path | str = "") -> Iterator[subprocess.Popen[str]]:
    """Another launcher that holds the lock."""
    with start(work, temporary) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "claimed\n"
            yield other
        finally:
            other.kill()


def test_a_second_run_is_refused_by_name_and_changes_nothing(work: Path) -> None:
    with holder(work) as first:
        before = (work / "stack.json").read_text()
        with (
            pytest.raises(
                runs.Served, match=rf"served on this machine already: http://the-first \(process {first.pid}, since 2"
            ),
            runs.claimed(work / "stack.json"),
        ):
            pass
        assert (work / "stack.json").read_text() == before


def test_of_several_at_once_exactly_one_wins(work: Path) -> None:
    started = [start(work) for _ in range(6)]
    said = []
    for each in started:
        assert each.stdout is not None
        said.append(each.stdout.readline().strip())
    for each in started:
        each.communicate("\n", timeout=20)

    assert sorted(said) == ["claimed", *["refused"] * 5]
    assert not (work / "stack.json").exists()


def test_other_stack_files_are_free_and_the_first_is_taken(work: Path) -> None:
    with (
        holder(work),
        runs.claimed(work / "demo.json", work / "demo-1.json") as first,
        runs.claimed(work / "demo.json", work / "demo-1.json") as second,
    ):
        assert (first.stack_file.name, second.stack_file.name) == ("demo.json", "demo-1.json")
    assert not (work / "runs" / "demo.json").exists()
    assert not (work / "runs" / "demo-1.json").exists()


def test_only_the_owner_removes_its_stack_file(work: Path) -> None:
    file = work / "stack.json"
    with runs.claimed(file) as run:
        file.write_text(json.dumps(run.owner))
    assert not file.exists()

    with runs.claimed(file):
        file.write_text(json.dumps({"pid": os.getpid() + 1}))
    assert file.exists()


def test_killed_run_is_cleaned_up_even_if_its_pid_was_reused(work: Path, tmp_path: Path) -> None:
    folder = tmp_path / f"{FOLDER_PREFIX}killed"
    folder.mkdir()
    record = work / "runs" / "stack.json"
    record.parent.mkdir()
    # The number of a living process: this one's.
    known = {"pid": os.getpid(), "started": "then", "stack_file": str(work / "stack.json"), "temporary": str(folder)}
    record.write_text(json.dumps(known))
    (work / "stack.json").write_text(json.dumps({"pid": os.getpid()}))
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env={"TMPDIR": str(folder)})
    other = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], env={"TMPDIR": f"{folder}-of-another-checkout"}
    )
    try:
        with runs.claimed(work / "stack.json") as run:
            (line,) = run.found
        assert left.wait(20) == -signal.SIGKILL
        assert other.poll() is None
    finally:
        for each in (left, other):
            each.kill()
            each.wait()

    assert line.startswith(f"an earlier run (process {os.getpid()}, since then) was killed; ended 1 processes, removed")
    assert not folder.exists()


def test_helper_of_a_killed_run_ends_its_work_and_it_is_reported(work: Path) -> None:
    with holder(work) as killed:
        killed.kill()
        killed.wait()
        with runs.claimed(work / "demo.json") as run:
            (line,) = run.found
    assert f"(process {killed.pid}, since " in line
    assert not (work / "stack.json").exists()
    assert not (work / "runs" / "stack.json").exists()


def test_a_folder_that_is_no_run_s_is_never_removed(work: Path, tmp_path: Path) -> None:
    kept = tmp_path / "somebodys-folder"
    kept.mkdir()
    (work / "runs").mkdir()
    (work / "runs" / "demo.json").write_text(json.dumps({"pid": 1, "temporary": str(kept)}))
    (work / "runs" / "half.json").write_text('{"pid": ')

    with runs.claimed(work / "stack.json") as run:
        assert len(run.found) == 2

    assert kept.is_dir()


# --- The helper ---

PARENT = """
import sys, time
from pathlib import Path
from local import logs, processes
logs.begin(Path(sys.argv[1]) / "parent.json")
environment = {"PATH": "/usr/bin:/bin"}
code = "import subprocess, sys, time; c = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
code += "print(c.pid, flush=True); time.sleep(60)"
command = [sys.executable, "-c", code]
with processes.temporary_folder() as folder, processes.running("child", command, environment) as child:
    child.wait_until(lambda: child.log.read_text().endswith("\\n"), 20)
    print(child.pid, child.log.read_text().strip(), folder, flush=True)
    time.sleep(60)
"""


def test_what_a_killed_process_had_started_ends_with_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child, grandchild, folder = parent.stdout.readline().split()
        assert Path(folder).is_dir()
        parent.kill()

    assert is_gone(int(child))
    assert is_gone(int(grandchild))
    assert eventually(lambda: not Path(folder).exists())
