"""Each function takes its event of events/, moved to now, over moto and the fake Clinicea."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from commands.event import event, recorded
from tests.support import invented
from tests.support.deployment import Deployment
from tests.support.functions import NAMES

BOOKINGS = ("book_appointment", "book_new_patient", "call_status")


@pytest.mark.parametrize("name", NAMES)
def test_the_handler_takes_its_sample_event(
    deployment: Deployment, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = deployment.function(name).invoke(event(name, datetime.now(UTC)), seconds=60)

    if name == "agent_desk":
        assert (result["statusCode"], "Sign in" in result["body"]) == (200, True)
    elif "statusCode" in result:
        body = json.loads(result["body"])
        assert (result["statusCode"], name) in [(404, "booking_status"), *((each, name) for each in (200, 202))], body
    else:
        assert "errorType" not in result
    said = capsys.readouterr().out
    assert '"level":"ERROR"' not in said or name == "booking_worker", said  # its sample booking is in no ledger
    assert not invented.leaks(said)


@pytest.mark.parametrize("name", BOOKINGS)
def test_unchanged_recording_lies_in_the_past_on_any_day(deployment: Deployment, name: str) -> None:
    result = deployment.function(name).invoke(recorded(name), seconds=60)

    body = json.loads(result["body"])
    assert (result["statusCode"], body["code"]) == (400, "invalid_request"), body
    assert [(problem["field"], problem["message"][:21]) for problem in body["fields"]] == [
        ("start", "must be in the future")
    ]
