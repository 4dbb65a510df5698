"""What is logged and counted says nothing about a person."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest

from convox_clinicea.clinicea.errors import OutcomeUnknown
from convox_clinicea.errors import ConfigurationError
from convox_clinicea.function import failure, logger, metrics
from convox_clinicea.privacy import PersonalText

SECRET = "Canarina Vogelwala"


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "observability_test")


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]


class TestLogger:
    def test_a_line_is_json_with_the_service_and_masks(self, capsys: pytest.CaptureFixture[str]) -> None:
        logger().info("found", extra={"patient": PersonalText(SECRET)})
        (line,) = written(capsys)
        assert (line["message"], line["service"]) == ("found", "observability_test")
        assert SECRET not in json.dumps(line)

    @pytest.mark.parametrize("name", ["urllib3", "requests", "botocore", "boto3", "aws_lambda_powertools"])
    def test_libraries_that_write_urls_and_bodies_are_kept_quiet(self, name: str) -> None:
        logging.getLogger(name).setLevel(logging.DEBUG)
        logger()
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)


class TestFailure:
    def test_our_own_errors_tell_their_text(self) -> None:
        assert failure(OutcomeUnknown("postAppointment", 503)) == {
            "error": "OutcomeUnknown",
            "detail": "postAppointment: status 503",
        }
        assert failure(ConfigurationError("the secret lacks key"))["detail"] == "the secret lacks key"

    def test_of_any_other_only_its_type_and_places_are_told(self) -> None:
        try:
            int(SECRET)
        except ValueError as error:
            told = failure(error)
        assert told["error"] == "ValueError"
        assert SECRET not in json.dumps(told)
        assert re.fullmatch(r"\['base/test_observability\.py:[0-9]+ test_of_any_other.*'\]", str(told["at"]))

    def test_an_error_that_was_never_raised_has_no_places(self) -> None:
        assert failure(ValueError(SECRET)) == {"error": "ValueError", "at": []}


class TestMetrics:
    def test_a_functions_own_metrics_have_the_products_namespace(self) -> None:
        assert metrics().namespace == "ConvoxClinicea"
