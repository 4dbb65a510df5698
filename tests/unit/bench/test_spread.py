"""Medians with their spread, and how long spans cover a time."""

from __future__ import annotations

import pytest

from bench.spread import Spread, covered, percentile


@pytest.mark.parametrize(("share", "value"), [(0, 1.0), (25, 2.0), (50, 3.0), (90, 4.6), (100, 5.0)])
def test_a_percentile_lies_between_two_values_in_proportion(share: float, value: float) -> None:
    assert percentile([5, 1, 4, 2, 3], share) == pytest.approx(value)


@pytest.mark.parametrize(("values", "share"), [([], 50), ([1.0], -1), ([1.0], 100.5)])
def test_what_is_no_percentile_is_refused(values: list[float], share: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, share)


def test_a_spread_is_median_and_quartiles() -> None:
    assert Spread.of([4, 1, 3, 2, 5]) == Spread(3, 2, 4, 5)
    assert Spread.of([7.5]) == Spread(7.5, 7.5, 7.5, 1)


@pytest.mark.parametrize(
    ("spans", "seconds"),
    [
        ([], 0.0),
        ([(1, 2), (4, 6)], 3.0),
        ([(4, 6), (1, 5), (2, 3)], 5.0),  # they overlap, and come in any order
        ([(-3, 2), (9, 12)], 3.0),  # what lies before and after does not count
        ([(11, 12)], 0.0),
    ],
)
def test_covered_time_counts_once_and_within_its_bounds(spans: list[tuple[float, float]], seconds: float) -> None:
    assert covered(spans, 0.0, 10.0) == pytest.approx(seconds)
