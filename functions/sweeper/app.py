"""Sweeper: handles stuck bookings, dead letters and overdue notices each minute."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded

from dataclasses import asdict

from aws_lambda_powertools.utilities.typing import LambdaContext

from convox_clinicea.bookings.sweeper import count_open, sweep_parts
from convox_clinicea.deadline import Deadline
from convox_clinicea.function import Event, Function

function = Function(sweep_parts)


@function.handles
def handler(_event: Event, context: LambdaContext) -> dict[str, int]:
    sweeper, backlog = function.parts()
    left = context.get_remaining_time_in_millis() / 1000
    swept = asdict(sweeper.sweep(Deadline.after(function.clock, left)))
    count_open(function, swept, backlog.measure())
    function.logger.info("swept", extra=swept)
    return swept


loaded()
