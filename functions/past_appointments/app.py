"""One patient: the last visits (`GET …/appointments/completed`), whether a birth date agrees (`POST …/confirm`)."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded
from convox_clinicea.startup import prepare

from aws_lambda_powertools.event_handler import Response

from convox_clinicea.convox.http import HttpFunction, path_parameter
from convox_clinicea.lookups.completed import patient_flows

function = HttpFunction(patient_flows, look_up=True)
prepare(function.parts)


@function.get("/patients/{patient_id}/appointments/completed")
def past_appointments() -> Response[str]:
    return function.parts().completed.answer(function.event, patient_id=path_parameter(function.event, "patient_id"))


@function.post("/patients/{patient_id}/confirm")
def confirm() -> Response[str]:
    return function.parts().confirm.answer(function.event, patient_id=path_parameter(function.event, "patient_id"))


handler = function.handler()

loaded()
