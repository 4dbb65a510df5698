"""Cold starts of two trees: each is started by its own program, in turns, and the first round does not count."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import against

ANSWERS = """
import json, pathlib, sys
here = pathlib.Path.cwd()
say = lambda told: print(json.dumps(told), flush=True)
say(["usual", "sweeper", here.name])
count = 0
for line in sys.stdin:
    with (here.parent / "order").open("a") as order:
        order.write(f"{here.name} {line}")
    count += 1
    say({"before": 100.0, "now": 80.0}[here.name] + (1000.0 if count <= 2 else 0.0))
"""
ENDS = "raise SystemExit(3)"


@pytest.fixture
def trees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("before", "now"):
        (tmp_path / name / ".venv" / "bin").mkdir(parents=True)
        (tmp_path / name / ".venv" / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setattr(against, "ROOT", tmp_path / "now")
    monkeypatch.setattr(against, "STARTER", tmp_path / "starter.py")
    return tmp_path


def test_both_trees_are_started_in_turns(trees: Path) -> None:
    against.STARTER.write_text(ANSWERS)

    found = against.measure(trees / "before", 2, lambda _: None)

    assert [*found] == ["usual", "sweeper"]
    assert found["sweeper"]["ratio"] == pytest.approx(0.8)
    assert (found["usual"]["before"]["median"], found["usual"]["now"]["count"]) == (100.0, 2)
    order = (trees / "order").read_text().splitlines()
    assert order == ["before usual", "now usual", "before sweeper", "now sweeper"] * 3
    assert "0.80  the same handler in both: the noise" in against.told(found)


def test_a_tree_whose_program_ends_is_named(trees: Path) -> None:
    against.STARTER.write_text(ENDS)

    with pytest.raises(against.NoStarter, match="before ended: 3"):
        against.measure(trees / "before", 2, lambda _: None)
