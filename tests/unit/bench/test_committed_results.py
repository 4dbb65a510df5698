"""The committed results are of one whole run, and the committed page says what they say."""

from __future__ import annotations

import json
from typing import Any

from bench import bars, page
from bench.__main__ import PAGE, RESULTS
from bench.stage import FUNCTIONS

YET_TO_BE_MEASURED = {"agent_desk"}
"""Newer than the last whole run."""
COMMITTED: dict[str, Any] = json.loads(RESULTS.read_text("utf-8"))


def test_the_page_says_what_the_results_say() -> None:
    text = PAGE.read_text("utf-8")

    assert page.regenerated(text, COMMITTED) == text, "run `make bench ARGS=--page`"


def test_results_are_of_one_whole_run_judged_by_these_bars() -> None:
    assert COMMITTED["run"]["command"] == "make bench"
    assert set(FUNCTIONS) - YET_TO_BE_MEASURED <= set(COMMITTED["cold"])
    assert set(FUNCTIONS) - YET_TO_BE_MEASURED <= set(COMMITTED["warm"])
    assert COMMITTED["bars"] == [bar.as_json() for bar in bars.judge(COMMITTED)]
