"""`POST /calls/status`: status callbacks; a recorded appointment becomes a booking."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded

from aws_lambda_powertools.event_handler import Response

from convox_clinicea.bookings.callback_flow import answer_callback, callback_parts
from convox_clinicea.convox.http import HttpFunction

function = HttpFunction(callback_parts)


@function.post("/calls/status")
def call_status() -> Response[str]:
    return answer_callback(function, function.event)


handler = function.handler()

loaded()
