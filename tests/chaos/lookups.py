"""Agents look callers up, while the bookings of a run are under way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random

from tests.chaos.clock import EPOCH
from tests.chaos.intent import Json
from tests.chaos.world import World

SECONDS_BETWEEN = 5.0
"""The mean time between two calls."""
NOBODY = "+919999900099"
HEADERS = {"Host": "api.example", "X-Forwarded-Proto": "https", "Content-Type": "application/json"}


class Lookups:
    """For each call the pop-up's questions: who is it, and what was done at the last visits?"""

    def __init__(self, world: World, span: float) -> None:
        self._world = world
        self._chance: Random = world.chance("look-ups")
        at = self._chance.expovariate(1 / SECONDS_BETWEEN)
        while at < span:
            world.scheduler.at(at, self._call)
            at += self._chance.expovariate(1 / SECONDS_BETWEEN)

    def _call(self) -> None:
        patients = sorted(self._world.clinicea.calendar.patients.items())
        known = bool(patients) and self._chance.random() < 0.8
        patient_id, patient = self._chance.choice(patients) if known else ("P-none", None)
        mobile = NOBODY if patient is None else f"+{patient.country_code}{patient.mobile}"
        call = {"call_id": f"L{self._chance.randrange(10**9)}", "agent_id": f"a{self._chance.randrange(20)}"}
        self._send("search_patient", "POST", "/patients/search", {}, {"mobile": mobile, **call})
        self._send("call_popup", "POST", "/calls/popup", {}, {"mobile": mobile, **call})
        route = "/patients/{patient_id}/appointments/completed"
        self._send("past_appointments", "GET", route, {"patient_id": patient_id}, call)

    def _send(self, function: str, method: str, route: str, path: Mapping[str, str], said: Json) -> None:
        if function in self._world.stack.functions:
            event = event_of(method, route, path, said, self._world.scheduler.now)
            self._world.runtime.invoke(function, event, lambda _result, _failure: None)


def event_of(method: str, route: str, path: Mapping[str, str], said: Json, now: float) -> Json:
    """Return API Gateway's event for a look-up."""
    query = said if method == "GET" else None
    return {
        "resource": route,
        "path": route.format(**path),
        "httpMethod": method,
        "headers": HEADERS,
        "multiValueHeaders": {name: [value] for name, value in HEADERS.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": query and {name: [value] for name, value in query.items()},
        "pathParameters": dict(path) or None,
        "stageVariables": None,
        "requestContext": {
            "requestId": "look-up",
            "requestTimeEpoch": int((EPOCH + now) * 1000),
            "path": f"/v1{route.format(**path)}",
            "resourcePath": route,
            "authorizer": {"caller": "convox"},
        },
        "body": None if method == "GET" else json.dumps(said),
        "isBase64Encoded": False,
    }
