"""Operators' commands: list, redrive and resolve bookings. It has no route."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.bookings import operator_requests
from convox_clinicea.bookings.operator import operator_service_of
from convox_clinicea.function import Event, Function

function = Function(operator_service_of)


@function.handles
def handler(event: Event, _context: LambdaContext) -> dict[str, Any]:
    answer = operator_requests.read(event).carry_out(function.parts())
    for result in answer.get("results", []):
        if result["act"]:
            function.logger.info("acted", extra=result["act"])
    return answer


loaded()
