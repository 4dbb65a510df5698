"""A person's own data: what is held under their mobile or patient id, and its erasure. No route leads here."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded

from functools import cache
from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.bookings import data_subject_requests
from convox_clinicea.bookings.data_subject_requests import personal_data_from
from convox_clinicea.bookings.personal_data import PersonalData
from convox_clinicea.deadline import SystemClock
from convox_clinicea.settings import DataRequestSettings
from convox_clinicea.telemetry import logger as make_logger

logger = make_logger()
clock = SystemClock()


class Parts(NamedTuple):
    settings: DataRequestSettings
    holdings: PersonalData


@cache
def parts() -> Parts:
    settings = DataRequestSettings.from_environment()
    return Parts(settings, personal_data_from(settings, clock))


@logger.inject_lambda_context(clear_state=True, log_event=False)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    settings, holdings = parts()
    answer = data_subject_requests.read(event).carry_out(holdings, settings.default_country)
    for result in answer.get("results", []):
        if result["act"]:
            logger.info("acted", extra=result["act"])
    return answer


loaded()
