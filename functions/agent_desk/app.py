"""`/desk` and what lies below it: the pages for agents."""

from __future__ import annotations

from convox_clinicea.startup import done as loaded

from aws_lambda_powertools.event_handler import Response

from convox_clinicea.desk.flow import desk_flow
from convox_clinicea.desk.page_function import PageFunction

function = PageFunction(desk_flow)


@function.get("/desk")
@function.get("/desk/<beyond>")
@function.post("/desk/<beyond>")
def page(**_beyond: str) -> Response[str]:
    return function.parts().answer(function.event)


handler = function.handler()

loaded()
