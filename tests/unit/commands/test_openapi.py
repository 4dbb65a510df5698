"""docs/openapi.json: what the code says, of every route, code and reason."""

from __future__ import annotations

from typing import Any, get_args

import jsonschema_rs
import pytest

from commands.openapi import DOCUMENT, document, text
from commands.operations import MEANINGS, OPERATIONS, STATUSES
from convox_clinicea.bookings.protocol import Reason, State
from convox_clinicea.convox import contract as answers
from convox_clinicea.convox.http import HTTP_ERRORS
from tests.support import documented
from tests.support.events import REQUEST_ID

Json = dict[str, Any]


@pytest.fixture(scope="module")
def schemas() -> Json:
    found: Json = document()["components"]["schemas"]
    return found


def test_the_committed_document_is_what_the_code_says() -> None:
    assert DOCUMENT.read_text("utf-8") == text(), "run `make openapi`"


def test_every_code_has_a_status_and_every_status_a_meaning() -> None:
    assert set(STATUSES) == set(get_args(answers.Code))
    assert set(STATUSES.values()) == set(MEANINGS)
    assert {face.code for face in HTTP_ERRORS.values()} <= set(STATUSES)


def test_the_closed_lists_are_there(schemas: Json) -> None:
    assert schemas["Error"]["properties"]["code"]["enum"] == list(get_args(answers.Code))
    assert schemas["Reason"]["enum"] == [reason.value for reason in Reason]
    assert schemas["State"]["enum"] == [state.value for state in State]


def test_every_schema_is_one_that_validators_take() -> None:
    whole = document()
    for name in whole["components"]["schemas"]:
        schema = {"$ref": f"#/components/schemas/{name}", "components": whole["components"]}
        assert jsonschema_rs.meta.is_valid(schema), name
        jsonschema_rs.Draft202012Validator(schema)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_has_the_errors_that_any_may_have(operation: Any) -> None:
    responses = document()["paths"][operation.path][operation.method]["responses"]

    assert {"400", "401", "403", "404", "413", "429", "500"} <= set(responses)


def test_nobody_is_let_in_without_the_header() -> None:
    whole = document()
    (scheme,) = whole["components"]["securitySchemes"].values()

    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "Access-Token")
    assert whole["security"] == [{"AccessToken": []}]
    assert not [o for verbs in whole["paths"].values() for o in verbs.values() if "security" in o]


@pytest.mark.parametrize(
    ("name", "field", "limits"),
    [
        ("SearchRequest", "call_id", {"minLength": 1, "maxLength": 128}),
        ("SearchRequest", "mobile", {"maxLength": 60}),
        ("NewPatientBooking", "first_name", {"maxLength": 100}),
        ("KnownPatientBooking", "clinic_id", {"maxLength": 64, "pattern": "^[A-Za-z0-9_.:-]{1,64}$"}),
    ],
)
def test_a_request_s_limits_are_told(schemas: Json, name: str, field: str, limits: Json) -> None:
    assert limits.items() <= schemas[name]["properties"][field].items()
    assert {"call_id", "agent_id"} <= set(schemas[name]["required"])


def test_the_parameters_of_a_query_have_their_limits_too() -> None:
    operation = document()["paths"]["/patients/{patient_id}/appointments/completed"]["get"]
    told = {each["name"]: each for each in operation["parameters"]}

    assert (told["patient_id"]["in"], told["limit"]["in"]) == ("path", "query")
    assert (told["limit"]["required"], told["call_id"]["required"]) == (False, True)
    assert told["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 50, "default": 10}


ERROR = {"status": "error", "code": "not_found", "message": "m", "fields": [], "request_id": REQUEST_ID}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, ERROR | {"code": "internal"}),
        (404, ERROR | {"more": 1}),
        (404, {name: value for name, value in ERROR.items() if name != "fields"}),
        (404, ERROR | {"fields": [{"field": "start"}]}),
        (409, ERROR),
        (200, ERROR),
        (200, {"status": "success", "message": "m", "bookings": [{"booking_id": "bk_1"}]}),
        (200, {"status": "success", "message": "m", "bookings": None}),
    ],
)
def test_an_answer_that_is_not_as_described_is_found(status: int, body: Json) -> None:
    documented.check("GET", "/calls/{call_id}/bookings", 404, {}, ERROR)

    with pytest.raises(AssertionError, match="/calls/"):
        documented.check("GET", "/calls/{call_id}/bookings", status, {}, body)


def test_a_header_that_is_promised_is_missed() -> None:
    refused = ERROR | {"code": "rate_limited"}
    documented.check("GET", "/patients", 429, {"retry-after": "1"}, refused)

    with pytest.raises(AssertionError, match="Retry-After"):
        documented.check("GET", "/patients", 429, {}, refused)
