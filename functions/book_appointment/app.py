"""`POST /patients/{patient_id}/appointments`: a booking for a known patient."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded

from aws_lambda_powertools.event_handler import Response

from convox_clinicea.bookings.intake import booking_flow
from convox_clinicea.bookings.requests import KnownPatientBooking
from convox_clinicea.convox.http import HttpFunction, path_parameter

function = HttpFunction(booking_flow)


@function.post("/patients/{patient_id}/appointments")
def book_appointment() -> Response[str]:
    patient_id = path_parameter(function.event, "patient_id")
    return function.parts().answer(KnownPatientBooking, function.event, patient_id=patient_id)


handler = function.handler()

loaded()
