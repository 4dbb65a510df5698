"""What goes back to ConVox."""

from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea.bookings.replies import location
from convox_clinicea.convox.http import caller_of, lookup_deadline
from convox_clinicea.errors import Unauthorized
from tests.support import events
from tests.support.clock import VirtualClock

NEW, KNOWN = "/appointments", "/patients/{patient_id}/appointments"


def event(resource: str = KNOWN, **more: Any) -> APIGatewayProxyEvent:
    path = {"patient_id": "P-41"} if resource == KNOWN else None
    return APIGatewayProxyEvent(events.gateway("POST", resource, path=path, **more))


@pytest.mark.parametrize("resource", [NEW, KNOWN])
@pytest.mark.parametrize(
    ("where", "address"),
    [
        ({}, f"https://{events.HOST}/v1/bookings/bk_x"),
        ({"base_path": "convox"}, f"https://{events.HOST}/convox/bookings/bk_x"),
        ({"base_path": "a/b"}, f"https://{events.HOST}/a/b/bookings/bk_x"),
        ({"base_path": ""}, f"https://{events.HOST}/bookings/bk_x"),
        ({"domain": None}, f"https://{events.HOST}/v1/bookings/bk_x"),
        ({"headers": {"X-Forwarded-Proto": "http"}}, f"http://{events.HOST}/v1/bookings/bk_x"),
        ({"headers": {"X-Forwarded-Proto": "javascript"}}, f"https://{events.HOST}/v1/bookings/bk_x"),
    ],
    ids=["stage", "base path", "two-part base path", "none", "no domain name", "plain http", "no scheme at all"],
)
def test_a_location_is_where_the_caller_reached_us(resource: str, where: dict[str, Any], address: str) -> None:
    assert location(event(resource, **where), "bk_x") == address


def test_header_names_are_found_in_any_case() -> None:
    lower = event(domain=None)
    lower.raw_event["headers"] = {"host": "127.0.0.1:4566", "x-forwarded-proto": "http"}

    assert location(lower, "bk_x") == "http://127.0.0.1:4566/v1/bookings/bk_x"


@pytest.mark.parametrize("headers", [{}, None])
def test_an_event_without_headers_still_has_a_location(headers: dict[str, str] | None) -> None:
    bare = event(domain=None)
    bare.raw_event["headers"] = headers

    assert location(bare, "bk_x").endswith("/v1/bookings/bk_x")


def test_the_caller_is_whom_the_authorizer_named() -> None:
    assert caller_of(event(caller="convox")) == "convox"


@pytest.mark.parametrize("caller", [None, ""])
def test_whom_the_authorizer_did_not_name_is_nobody(caller: str | None) -> None:
    with pytest.raises(Unauthorized):
        caller_of(event(caller=caller))


@pytest.mark.parametrize(("age", "left"), [(0.0, 2.0), (0.5, 1.5), (1.9, 0.2), (29.0, 0.2), (-60.0, 2.0), (3e8, 2.0)])
def test_a_look_up_has_what_the_gateway_left_of_its_budget(age: float, left: float) -> None:
    clock = VirtualClock()
    asked = event()
    asked.raw_event["requestContext"]["requestTimeEpoch"] = int((clock.now().timestamp() - age) * 1000)

    assert lookup_deadline(asked, clock, 2.0).remaining() == pytest.approx(left, abs=0.01)


def test_without_the_gateways_time_the_budget_begins_now() -> None:
    asked = event()
    del asked.raw_event["requestContext"]["requestTimeEpoch"]

    assert lookup_deadline(asked, VirtualClock(), 2.0).remaining() == pytest.approx(2.0, abs=0.01)
