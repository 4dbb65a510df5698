"""`/calls/popup` by POST or GET: the caller's patient record and last visits, when a call reaches an agent."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded
from convox_clinicea.startup import prepare

from aws_lambda_powertools.event_handler import Response

from convox_clinicea.convox.http import HttpFunction
from convox_clinicea.lookups.popup import popup_flow

function = HttpFunction(popup_flow, look_up=True)
prepare(function.parts)


@function.post("/calls/popup")
def call_popup() -> Response[str]:
    return function.parts().answer(function.event)


@function.get("/calls/popup")
def call_popup_by_get() -> Response[str]:
    return function.parts().answer_by_get(function.event)


handler = function.handler()

loaded()
