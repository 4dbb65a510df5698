"""Requests about a person's own data, by mobile or patient id: report, copy and erasure. It has no route."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.bookings import data_subject_requests
from convox_clinicea.bookings.data_subject_requests import data_requests_of
from convox_clinicea.function import Event, Function

function = Function(data_requests_of)


@function.handles
def handler(event: Event, _context: LambdaContext) -> dict[str, Any]:
    settings, personal_data = function.parts()
    answer = data_subject_requests.read(event).carry_out(personal_data, settings.default_country)
    for result in answer.get("results", []):
        if result["act"]:
            function.logger.info("acted", extra=result["act"])
    return answer


loaded()
