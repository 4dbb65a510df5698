"""Each file in events/ is an event of its function: the handler takes it, over moto and the fake Clinicea."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support import invented
from tests.support.deployment import Deployment
from tests.support.functions import NAMES, ROOT

Json = dict[str, Any]


def event_of(name: str) -> Json:
    event: Json = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return event


@pytest.mark.parametrize("name", NAMES)
def test_the_handler_takes_its_sample_event(
    deployment: Deployment, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = deployment.function(name).invoke(event_of(name), seconds=60)

    if "httpMethod" in event_of(name) and "statusCode" in result:
        body = json.loads(result["body"])
        # The sample booking is nobody's, and a sample start may lie in the past by now.
        assert result["statusCode"] in (200, 202, 400, 404), body
        assert body.get("code") in (None, "not_found", "invalid_request"), body
        if body.get("code") == "invalid_request":
            assert [problem["field"] for problem in body["fields"]] == ["start"], body
    else:
        assert "errorType" not in result
    said = capsys.readouterr().out
    assert '"level":"ERROR"' not in said or name == "booking_worker", said  # its sample booking is in no ledger
    assert not invented.leaks(said)
