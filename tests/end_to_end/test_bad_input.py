"""Whatever is sent, the gateway and the functions answer in the contract's error shape, and never 500."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.end_to_end.api import Api, call, slot

GOOD: dict[str, dict[str, Any]] = {
    "/patients/search": {"mobile": "9999900001", **call(40)},
    "/patients/P-01/appointments": {"clinic_id": "C-01", "start": slot(60, 10), **call(41)},
    "/appointments": {
        "clinic_id": "C-01",
        "start": slot(60, 10),
        "mobile": "9999900031",
        "first_name": "Asha",
        "consent": {"given": True},
        **call(42),
    },
}
BODIES: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 400, "invalid_request"),
    "cut off": (b'{"mobile": "99', 400, "invalid_request"),
    "not UTF-8": (b'{"mobile": "\xff\xfe"}', 400, "invalid_request"),
    "deeply nested": (b'{"mobile":' + b"[" * 5000 + b"]" * 5000 + b"}", 400, "invalid_request"),
    "one megabyte": (b'{"mobile": "' + b"9" * 1_000_000 + b'"}', 413, "too_large"),
}
"""Bodies that the gateway could change or stop; tests/integration/test_bad_input.py has what functions refuse."""


def assert_error(answer: requests.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"status", "code", "message", "fields", "request_id"}
    assert (body["status"], body["code"]) == ("error", code)
    assert body["message"]
    assert body["request_id"]
    assert all(set(problem) == {"field", "message"} for problem in body["fields"])


@pytest.mark.parametrize("route", GOOD)
@pytest.mark.parametrize("kind", BODIES)
def test_a_body_that_makes_no_sense_is_refused(api: Api, route: str, kind: str) -> None:
    body, status, code = BODIES[kind]

    assert_error(api.post(route, data=body), status, code)


@pytest.mark.parametrize(
    ("route", "field", "value"),
    [
        ("/patients/search", "mobile", "99999XXX01"),
        ("/patients/P-01/appointments", "start", "2026-02-30T10:00:00"),
        # Without the day in its name: several processes compare what they have collected.
        pytest.param("/patients/P-01/appointments", "start", slot(400, 10), id="a start too far ahead"),
        ("/appointments", "consent", "perhaps"),
    ],
)
def test_a_field_that_breaks_its_limits_is_named(api: Api, route: str, field: str, value: object) -> None:
    answer = api.post(route, {**GOOD[route], field: value})

    assert_error(answer, 400, "invalid_request")
    named = "consent.given" if field == "consent" else field
    assert [problem["field"] for problem in answer.json()["fields"]] == [named]


def test_only_impossible_patient_ids_are_refused(api: Api) -> None:
    assert_error(api.get("/patients/0/appointments/completed", **call(43)), 400, "invalid_request")
    for patient_id in ("P-unheard-of", "P%2001", "P.01", "P:01", "%7BP-01%7D"):
        not_shown = api.get(f"/patients/{patient_id}/appointments/completed", **call(43))
        assert_error(not_shown, 403, "forbidden")


@pytest.mark.parametrize("path", ["/", "/patient", "/patients/search/more", "/bookings"])
def test_an_unknown_route_is_not_found(api: Api, path: str) -> None:
    assert_error(api.get(path), 404, "not_found")


@pytest.mark.parametrize("booking_id", ["bk_aaaaaaaaaaaaaaaaaaaaaaaaaa", "1", "bk_%00", "x" * 300])
def test_a_booking_that_never_was_is_not_found(api: Api, booking_id: str) -> None:
    assert_error(api.get(f"/bookings/{booking_id}"), 404, "not_found")


def test_without_the_secret_nobody_gets_in(api: Api) -> None:
    nothing = api.post("/patients/search", GOOD["/patients/search"], headers={})
    wrong = api.post("/patients/search", GOOD["/patients/search"], headers=dict.fromkeys(api.headers, "w" * 40))

    assert_error(nothing, 401, "unauthorized")
    assert_error(wrong, 401, "unauthorized")
