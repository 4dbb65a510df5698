"""A run of the benchmark: its sizes, and a part that fails."""

from __future__ import annotations

import pytest

from bench.__main__ import PARTS, TRYING, Run, Sizes, main


def test_a_part_that_fails_is_told_and_leaves_the_others_alone(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(TRYING, PARTS)

    def fails() -> None:
        raise RuntimeError("no port")

    def succeeds() -> None:
        run.results["layer"] = {"zipped_megabytes": 8.0}

    run._try("cold", fails)
    run._try("layer", succeeds)

    assert run.failed == ["cold"]
    assert run.results == {"layer": {"zipped_megabytes": 8.0}}
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
