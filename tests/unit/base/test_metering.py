"""What is counted of Clinicea's calls."""

from __future__ import annotations

import json
from typing import Any

import pytest

from convox_clinicea.clinicea.errors import CliniceaRateLimited, OutcomeUnknown
from convox_clinicea.metering import observe_call

SECRET = "Canarina Vogelwala"


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "metering_test")


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]


def test_a_call_that_succeeded_is_timed(capsys: pytest.CaptureFixture[str]) -> None:
    observe_call("postAppointment", 0.1234, None)
    (line,) = written(capsys)
    assert (line["CliniceaLatency"], line["call"]) == ([123.4], "postAppointment")
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "ConvoxClinicea"
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["call", "service"]]


def test_one_that_failed_is_counted_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    observe_call("postAppointment", 2.0, OutcomeUnknown("postAppointment", detail=SECRET))
    latency, errors = written(capsys)
    assert latency["CliniceaLatency"] == [2000.0]
    assert (errors["CliniceaErrors"], errors["call"]) == ([1.0], "postAppointment")
    assert SECRET not in json.dumps([latency, errors])


def test_one_that_came_too_often_is_counted_apart(capsys: pytest.CaptureFixture[str]) -> None:
    observe_call("postAppointment", 0.1, CliniceaRateLimited("postAppointment", None))
    _, limited = written(capsys)
    assert limited["CliniceaRateLimited"] == [1.0]
    assert "CliniceaErrors" not in limited
