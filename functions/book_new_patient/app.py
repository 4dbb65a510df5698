"""`POST /appointments`: a booking for a caller who becomes a patient, with consent."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded

from aws_lambda_powertools.event_handler import Response

from convox_clinicea.bookings.intake import booking_flow
from convox_clinicea.bookings.requests import NewPatientBooking
from convox_clinicea.convox.http import HttpFunction

function = HttpFunction(booking_flow)


@function.post("/appointments")
def book_new_patient() -> Response[str]:
    return function.parts().answer(NewPatientBooking, function.event, "NewPatientAccepted")


handler = function.handler()

loaded()
