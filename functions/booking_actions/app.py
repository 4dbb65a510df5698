"""An operator's commands: which bookings wait, sending them on again, and a person's decision. No route leads here."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.bookings import operator_requests
from convox_clinicea.bookings.operator import OperatorService, operator_service_from
from convox_clinicea.deadline import SystemClock
from convox_clinicea.settings import ActionSettings
from convox_clinicea.telemetry import logger as make_logger

logger = make_logger()
clock = SystemClock()


@cache
def acting() -> OperatorService:
    return operator_service_from(ActionSettings.from_environment(), clock)


@logger.inject_lambda_context(clear_state=True, log_event=False)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    answer = operator_requests.read(event).carry_out(acting())
    for result in answer.get("results", []):
        if result["act"]:
            logger.info("acted", extra=result["act"])
    return answer


loaded()
