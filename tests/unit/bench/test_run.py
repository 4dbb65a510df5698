"""A run of the benchmark: its sizes, and a part that fails."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

import bench.__main__
from bench import cold, package
from bench.__main__ import PARTS, TRYING, Run, Sizes, main


def test_a_part_that_fails_is_told_and_leaves_the_others_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("no port")

    nothing = SimpleNamespace(product=SimpleNamespace(layer=Path()), folder=Path())
    monkeypatch.setattr(bench.__main__, "stage", lambda _folder: nullcontext(nothing))
    monkeypatch.setattr(cold, "measure", fails)
    monkeypatch.setattr(package, "measure", lambda *_: {"zipped_megabytes": 8.0})
    run = Run(TRYING, ("cold", "layer"))

    run.play("make bench")

    assert run.failed == ["cold"]
    assert run.results["layer"] == {"zipped_megabytes": 8.0}
    assert "cold" not in run.results
    said = capsys.readouterr().out
    assert "cold FAILED" in said
    assert "RuntimeError: no port" in said


def test_the_usual_sizes_are_those_that_the_page_speaks_of() -> None:
    sizes = Sizes()

    assert (sizes.warm_calls, sizes.burst, sizes.simulated) == (300, 1000, 100_000)
    assert sizes.latencies == (50, 200, 800)
    assert sizes.levels == (1, 2, 4, 8, 16)


def test_an_unknown_part_is_refused_before_anything_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--only", "cold,luke"])

    assert ended.value.code == 2
    assert f"--only takes {', '.join(PARTS)}" in capsys.readouterr().err
