"""The functions' logs: each line once, in files that grow while the stack serves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local import logs, paths
from local.logs import PAGE, FunctionLog


class LogGroup:
    """One log group, listed as CloudWatch lists it: by time, from `startTime` on."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.listed = 0

    def add(self, timestamp: int, message: str, stream: str = "one") -> None:
        self.events.append({"timestamp": timestamp, "message": message, "logStreamName": stream})

    def filter_log_events(self, *, logGroupName: str, startTime: int, limit: int) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert logGroupName == "group"
        found = sorted((each for each in self.events if each["timestamp"] >= startTime), key=lambda e: e["timestamp"])
        self.listed += len(found[:limit])
        return {"events": found[:limit]}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "search_patient.log"


def test_late_or_repeated_lines_are_written_once(file: Path) -> None:
    group = LogGroup()
    log = FunctionLog("group", file)
    assert file.read_text() == ""

    group.add(100_000, "first\n")
    group.add(100_000, "the same")
    group.add(100_000, "the same")
    log.copy(group)
    group.add(99_000, "late, from another worker", "two")
    group.add(100_000, "the same")
    log.copy(group)
    log.copy(group)

    assert file.read_text().splitlines() == [
        "first",
        "the same",
        "the same",
        "late, from another worker",
        "the same",
    ]


def test_what_was_written_long_ago_is_not_read_again(file: Path) -> None:
    group = LogGroup()
    log = FunctionLog("group", file)
    for second in range(200):
        group.add(second * 1000, f"line {second}")
        log.copy(group)

    assert file.read_text().splitlines() == [f"line {second}" for second in range(200)]
    assert group.listed < 200 * 8


def test_more_than_a_page_within_a_moment_is_written_too(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "PAGE", 10)
    assert PAGE > 10
    group = LogGroup()
    log = FunctionLog("group", file)
    for number in range(35):
        group.add(100_000 + number, f"line {number}")
    for _ in range(5):
        log.copy(group)

    assert file.read_text().splitlines() == [f"line {number}" for number in range(35)]


def test_a_start_moves_the_logs_of_the_run_before_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "WORK", tmp_path)
    monkeypatch.setattr(paths, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(paths, "STACK_FILE", tmp_path / "stack.json")
    monkeypatch.setattr(logs._State, "folder", None)
    folder = logs.begin(tmp_path / "stack.json")
    (folder / "search_patient.log").write_text("yesterday\n")

    assert logs.begin(tmp_path / "demo.json") == folder / "demo"
    assert (folder / "search_patient.log").exists()
    assert logs.begin(tmp_path / "stack.json") == folder == logs.folder()
    assert (folder / "earlier" / "search_patient.log").read_text() == "yesterday\n"
    assert not (folder / "search_patient.log").exists()
