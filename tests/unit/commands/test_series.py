"""What CloudWatch would draw of samples."""

from __future__ import annotations

import pytest

from commands.dashboard import drawn, wanted
from commands.series import Sample, lines, statistic


def sample(at: float, value: float, **dimensions: str) -> Sample:
    return Sample(at, "Own", "Waits", dimensions or {"service": "worker"}, value)


@pytest.mark.parametrize(
    ("stat", "value"),
    [("Sum", 10), ("SampleCount", 4), ("Average", 2.5), ("Minimum", 1), ("Maximum", 4), ("p50", 2), ("p95", 4)],
)
def test_statistics_of_a_period(stat: str, value: float) -> None:
    assert statistic([4, 1, 3, 2], stat) == value


def test_values_are_put_into_their_period() -> None:
    samples = [sample(at, 1) for at in (0, 59, 60, 200)]
    ((dimensions, line),) = lines(samples, "Own", "Waits", {"service": "worker"}, "Sum", 60)
    assert dimensions == {"service": "worker"}
    assert line == [(0, 2), (60, 1), (180, 1)]


def test_other_values_or_dimensions_are_other_metrics() -> None:
    samples = [sample(0, 1, service="sweeper"), sample(0, 1, service="worker", call="x")]
    assert list(lines(samples, "Own", "Waits", {"service": "worker"}, "Sum", 60)) == []


def test_a_search_takes_each_set_of_values() -> None:
    samples = [sample(0, 1, service="a", call="x"), sample(0, 2, service="b", call="x")]
    found = list(lines(samples, "Own", "Waits", {"service": None, "call": "x"}, "Sum", 60))
    assert [(each["service"], line) for each, line in found] == [("a", [(0, 1)]), ("b", [(0, 2)])]


def test_a_sample_survives_its_line() -> None:
    assert Sample.parse(sample(1.5, 2).line()) == sample(1.5, 2)


def test_a_widgets_search_is_drawn_with_its_labels() -> None:
    expression = "SEARCH('{Own,call,service} MetricName=\"Waits\"', 'Sum', 60)"
    row = [{"expression": expression, "id": "s", "label": "${PROP('Dim.call')} by ${PROP('Dim.service')}"}]
    widget = {"properties": {"title": "t", "period": 60, "metrics": [row]}}
    assert drawn(widget, [sample(0, 1, service="a", call="x")]) == [("x by a", [(0, 1)])]


def test_a_search_without_a_label_is_named_by_its_dimensions() -> None:
    expression = "SEARCH('{Own,call,service} MetricName=\"Waits\"', 'Sum', 60)"
    widget = {"properties": {"title": "t", "period": 60, "metrics": [[{"expression": expression, "id": "s"}]]}}
    assert drawn(widget, [sample(0, 1, service="a", call="x")]) == [("x, a", [(0, 1)])]


def test_a_limit_is_drawn_as_long_as_there_are_values() -> None:
    row = [{"expression": "TIME_SERIES(1800)", "id": "alarm", "label": "alarm"}]
    widget = {"properties": {"title": "t", "period": 60, "metrics": [row]}}
    assert drawn(widget, [sample(0, 1), sample(90, 1)]) == [("alarm", [(0, 1800), (90, 1800)])]


def test_an_expression_that_cannot_be_drawn_is_an_error() -> None:
    with pytest.raises(ValueError, match="t: an expression"):
        wanted([{"expression": "m1 / m2"}], {"title": "t"})
