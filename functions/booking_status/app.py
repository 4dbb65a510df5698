"""`GET /bookings/{booking_id}`, `GET /calls/{call_id}/bookings`, `GET /calls/bookings`, `GET /tasks`."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded

from aws_lambda_powertools.event_handler import Response

from convox_clinicea.bookings.status import status_flow
from convox_clinicea.convox.http import HttpFunction

function = HttpFunction(status_flow)


@function.get("/bookings/{booking_id}")
def booking_status() -> Response[str]:
    return function.parts().of_booking(function.event)


@function.get("/calls/{call_id}/bookings")
@function.get("/calls/bookings")
def call_bookings() -> Response[str]:
    return function.parts().of_call(function.event)


function.get("/tasks")(lambda: function.parts().of_tasks(function.event))

handler = function.handler()

loaded()
