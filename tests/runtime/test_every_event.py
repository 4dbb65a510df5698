"""Every event in `events/` against its built function.

What is missing in the build, a handler's wrong name, an answer that is no JSON and a time-out show here.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from bench.runtime import ROOT
from tests.runtime.conftest import Start
from tests.support.functions import NAMES

EVENTS = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((ROOT / "events").glob("*.json"))}


def test_each_function_has_an_event_and_each_event_a_function() -> None:
    assert sorted(EVENTS) == NAMES


@pytest.mark.parametrize("name", EVENTS)
def test_it_is_answered_from_a_cold_start_and_once_more(name: str, start: Start) -> None:
    function = start(name)

    first, again = (function.invoke(EVENTS[name]) for _ in range(2))

    check = _answers_http if "httpMethod" in EVENTS[name] and "methodArn" not in EVENTS[name] else _answers_an_object
    check(first)
    check(again)
    assert function.start_milliseconds > 0
    assert "Traceback" not in function.said


def _answers_http(answer: Any) -> None:
    assert answer["statusCode"] in (200, 202, 404), answer
    assert json.loads(answer["body"])["message"]


def _answers_an_object(answer: Any) -> None:
    assert isinstance(answer, dict)
    assert answer
