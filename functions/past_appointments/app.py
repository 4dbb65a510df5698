"""`GET /patients/{patient_id}/appointments/completed`: a patient's last visits."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded
from convox_clinicea.startup import prepare

from aws_lambda_powertools.event_handler import Response

from convox_clinicea.convox.http import HttpFunction, path_parameter
from convox_clinicea.lookups.completed import completed_flow

function = HttpFunction(completed_flow, look_up=True)
prepare(function.parts)


@function.get("/patients/{patient_id}/appointments/completed")
def past_appointments() -> Response[str]:
    return function.parts().answer(function.event, patient_id=path_parameter(function.event, "patient_id"))


handler = function.handler()

loaded()
