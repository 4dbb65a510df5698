"""`POST /patients/search`, and `/patients` by POST or GET: search of patients by mobile number."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded
from convox_clinicea.startup import prepare

from aws_lambda_powertools.event_handler import Response

from convox_clinicea.convox.http import HttpFunction
from convox_clinicea.lookups.search import search_flow

function = HttpFunction(search_flow, look_up=True)
prepare(function.parts)


@function.post("/patients/search")
@function.post("/patients")
def search_by_post() -> Response[str]:
    return function.parts().answer(function.event)


@function.get("/patients")
def search_by_get() -> Response[str]:
    return function.parts().answer_by_get(function.event)


handler = function.handler()

loaded()
