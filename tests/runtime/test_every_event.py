"""Every event in `events/` against its built function.

What is missing in the build, a handler's wrong name, an answer that is no JSON and a time-out show here.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from bench.build import Build
from commands import event
from tests.runtime.conftest import Start
from tests.support.functions import NAMES


def test_each_function_has_an_event_and_each_event_a_function() -> None:
    assert event.NAMES == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_sam_has_built_its_source_and_byte_code_and_nothing_else(name: str, built: Build) -> None:
    folder = built.function(name)

    packed = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    if name == "agent_desk":
        assert {"jinja2/__init__.py", "markupsafe/__init__.py"} <= packed
        packed = {each for each in packed if each.count("/") == 0 or each.startswith("__pycache__/")}

    assert packed == {"app.py", f"__pycache__/app.{sys.implementation.cache_tag}.pyc"}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_answered_from_a_cold_start_and_once_more(name: str, start: Start) -> None:
    function = start(name)

    sent = event.event(name, datetime.now(UTC))

    first, again = (function.invoke(sent) for _ in range(2))

    check = _answers_http if "httpMethod" in sent and "methodArn" not in sent else _answers_an_object
    check(first)
    check(again)
    assert function.start_milliseconds > 0
    assert "Traceback" not in function.said


def _answers_http(answer: Any) -> None:
    assert answer["statusCode"] in (200, 202, 404), answer
    if "text/html" in json.dumps(answer.get("headers", {}) | answer.get("multiValueHeaders", {})):
        assert answer["body"].startswith("<!doctype html>")
    else:
        assert json.loads(answer["body"])["message"]


def _answers_an_object(answer: Any) -> None:
    assert isinstance(answer, dict)
    assert answer
