"""The judge's questions to the connector, asked outside time as ConVox would ask them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tests.chaos.runtime import Runtime

Json = dict[str, Any]
FUNCTION = "booking_status"
MOST_PARTS = 10_000


def booking(runtime: Runtime, booking_id: str) -> tuple[int, Any]:
    """Ask for a booking; returns status and body."""
    return _ask(runtime, "/bookings/{booking_id}", {"booking_id": booking_id})


def bookings_of(runtime: Runtime, call_id: str) -> list[Json]:
    """Ask for the bookings of a call."""
    status, body = _ask(runtime, "/calls/{call_id}/bookings", {"call_id": call_id})
    if status != 200:
        raise RuntimeError(f"the bookings of a call are answered with {status}")
    found: list[Json] = body["bookings"]
    return found


def start_of(runtime: Runtime, booking_id: str) -> datetime:
    """Ask, as a supervisor does by `./connector show`, when a booking's appointment starts."""
    answer = runtime.call("booking_actions", {"action": "show", "booking_id": booking_id})
    return datetime.fromisoformat(answer["booking"]["start"])


def calls_without_end(runtime: Runtime) -> set[str]:
    """Ask, as a supervisor does by `./connector calls`, of which calls the status has not come."""
    found: set[str] = set()
    order: Json = {"action": "calls", "older_than_minutes": 0}
    for _ in range(MOST_PARTS):
        answer = runtime.call("booking_actions", order)
        found |= {each["call_id"] for each in answer["calls"]}
        if answer["after"] is None:
            return found
        order = {**order, "after": answer["after"]}
    raise RuntimeError("the list comes to no end")


def _ask(runtime: Runtime, route: str, path: dict[str, str]) -> tuple[int, Any]:
    event: Json = {
        "resource": route,
        "path": route.format(**path),
        "httpMethod": "GET",
        "headers": {"Host": "api.example"},
        "multiValueHeaders": {"Host": ["api.example"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": path,
        "requestContext": {
            "authorizer": {"caller": "convox"},
            "path": f"/v1{route.format(**path)}",
            "requestId": "judge",
            "stage": "v1",
        },
        "body": None,
        "isBase64Encoded": False,
    }
    answer = runtime.call(FUNCTION, event)
    return answer["statusCode"], json.loads(answer["body"])
