"""The bars, and the page's tables: what they say of the results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench import bars, page

Json = dict[str, Any]
SAMPLE: Json = json.loads(Path(__file__).with_name("sample.json").read_text("utf-8"))
"""A small run's results, with few functions."""


def cold(**totals: float) -> Json:
    return {"cold": {name: {"total": {"median": total}} for name, total in totals.items()}}


def verdicts(results: Json) -> dict[str, bool]:
    return {f"{bar.kind}: {bar.what}": bar.held for bar in bars.judge(results)}


def test_look_ups_have_a_bar_and_their_comparison_has_none() -> None:
    found = verdicts(cold(bare=100, usual=1000, usual_compiled=700, search_patient=501, call_popup=500, sweeper=600))

    assert found == {
        "cold look-up: search_patient": False,
        "cold look-up: call_popup": True,
        "cold start of any other function: sweeper": True,
    }


def test_what_is_added_has_two_bars() -> None:
    added = {"usual": {"added": {"p50": 9, "p99": 9}}, "sweeper": {"added": {"p50": 2.1, "p99": 7.9}}}

    assert verdicts({"warm": added}) == {"added when warm, p50: sweeper": False, "added when warm, p99: sweeper": True}


def test_the_pop_up_is_judged_at_200_and_800_ms() -> None:
    popup = [{"latency": each, "ratio": ratio} for each, ratio in ((50, 2.0), (200, 1.16), (800, 1.15))]

    assert verdicts({"popup": popup}) == {"pop-up: 200 ms": False, "pop-up: 800 ms": True}


def test_the_throughput_is_judged_up_to_eight() -> None:
    levels = [{"concurrency": each, "share": share} for each, share in ((1, 0.9), (8, 0.89), (16, 0.1))]

    assert verdicts({"throughput": {"levels": levels}}) == {
        "worker's throughput: 1 at a time": True,
        "worker's throughput: 8 at a time": False,
    }


def test_a_burst_is_to_lose_and_double_nothing() -> None:
    found = verdicts({"burst": {"bookings": 1000, "share": 0.95, "lost": 1, "doubled": 0}})

    assert found == {
        "a burst is worked off: 1,000 in real time": True,
        "of a burst lost: 1,000 in real time": False,
        "of a burst booked twice: 1,000 in real time": True,
    }


def test_tables_stand_between_their_markers_and_prose_stays() -> None:
    text = "before\n" + "".join(f"<!-- {name}: begin -->stale<!-- {name}: end -->\nprose\n" for name in page.TABLES)

    written = page.regenerated(text, SAMPLE)

    assert "stale" not in written
    assert written.startswith("before\n<!-- run: begin -->\nMeasured on ")
    assert written.count("\nprose\n") == len(page.TABLES)
    assert page.regenerated(written, SAMPLE) == written


@pytest.mark.parametrize("text", ["", "<!-- run: begin --><!-- run: end -->" * 2])
def test_a_page_without_its_markers_is_refused(text: str) -> None:
    with pytest.raises(page.NoMarkers, match="run"):
        page.regenerated(text, SAMPLE)
