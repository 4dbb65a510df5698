"""Bad input of every kind, for every route: the contract's error shape, and never a 500."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from tests.support import events, invented
from tests.support.bookings import AGENT_ID, CALL_ID, known_body, new_body
from tests.support.deployment import Deployment
from tests.support.functions import Answer

CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}
SEARCH = {"mobile": invented.MOBILE, **CALL}
Post = Callable[..., Answer]

POSTS: dict[str, tuple[Callable[[Deployment], Post], Callable[[], dict[str, Any]]]] = {
    "search": (lambda d: d.search, lambda: dict(SEARCH)),
    "popup": (lambda d: d.popup, lambda: dict(SEARCH)),
    "call status": (lambda d: d.call_status, lambda: known_body(patient_id="P-41", disposition="Booked")),
    "known": (lambda d: lambda body, **more: d.book_known("P-41", body, **more), known_body),
    "new": (lambda d: d.book_new, new_body),
}
EVERY_POST = pytest.mark.parametrize("route", POSTS)
PARSERS = ("search", "call status")
"""One route of each way to read a body: all routes but the status callback read theirs by `from_request`."""
OTHERS = tuple(route for route in POSTS if route not in PARSERS)

NOT_JSON: dict[str, Any] = {
    "no body": None,
    "empty": "",
    "blank": " \n\t",
    "words": "the number is 9999900041",
    "cut off": '{"mobile": "+9199999000',
    "single quotes": "{'mobile': '1'}",
    "trailing": "{} {}",
    "null": "null",
    "array": "[]",
    "text": '"text"',
    "number": "12",
    "nan": "NaN",
    "a quotation mark in a text": '{"remarks": "he said "no"", "mobile": "9999900041"}',
    "several objects": '[{"mobile": "9999900041"}, {"mobile": "9999900043"}]',
    "deep array": "[" * 30_000,
    "deep object": '{"a":' * 12_000,
    "byte order mark alone": b"\xef\xbb\xbf",
}


@pytest.mark.parametrize(("route", "name"), [*product(PARSERS, NOT_JSON), *product(OTHERS, ["cut off"])])
def test_a_body_that_is_no_json_object_is_refused(deployment: Deployment, route: str, name: str) -> None:
    post, _ = POSTS[route]

    post(deployment)(NOT_JSON[name]).is_error(400, "invalid_request", "body")

    assert deployment.stack.items() == []
    assert deployment.fake.requests() == []


@EVERY_POST
def test_base64_that_is_none_is_refused(deployment: Deployment, route: str) -> None:
    post, _ = POSTS[route]

    post(deployment)("!!!", base64_encoded=True).is_error(400, "invalid_request", "body")


@EVERY_POST
def test_a_body_in_base64_is_as_good_as_any(deployment: Deployment, route: str) -> None:
    post, good = POSTS[route]

    assert post(deployment)(json.dumps(good()).encode()).status in (200, 202)


@pytest.mark.parametrize(
    ("route", "size"), [*product(PARSERS, [64 * 1024 + 1, 6_000_000]), *product(OTHERS, [64 * 1024 + 1])]
)
@pytest.mark.parametrize("encoded", [False, True], ids=["plain", "base64"])
def test_a_body_over_64_kb_is_too_large(deployment: Deployment, route: str, size: int, encoded: bool) -> None:
    post, good = POSTS[route]
    text = json.dumps(good() | {"padding": "x" * (size - len(json.dumps(good() | {"padding": ""})))})
    assert len(text) == size

    post(deployment)(text.encode() if encoded else text).is_error(413, "too_large")


@EVERY_POST
def test_a_body_of_64_kb_is_not(deployment: Deployment, route: str) -> None:
    post, good = POSTS[route]
    text = json.dumps(good() | {"padding": "x" * (64 * 1024 - len(json.dumps(good() | {"padding": ""})))})

    assert post(deployment)(text).status in (200, 202)
    assert post(deployment)(text.encode()).status in (200, 202)


@EVERY_POST
def test_a_name_given_twice_must_say_the_same(deployment: Deployment, route: str) -> None:
    post, good = POSTS[route]
    text = json.dumps(good())

    for twice in ('{"call_id": "other", ' + text[1:], text[:-1] + ', "call_id": [1, 2]}'):
        post(deployment)(twice).is_error(400, "invalid_request", "call_id")
    assert post(deployment)(f'{text[:-1]}, "call_id": "{CALL_ID}"}}').status in (200, 202)


LOST: dict[str, Any] = {
    "control character": '{"mobile": "a\x00", "call_id": "c", "agent_id": "a"}',
    "lone surrogate, escaped": '{"mobile": "\\ud800", "call_id": "c", "agent_id": "a"}',
    "lone surrogate, in the event": '{"mobile": "\ud800", "call_id": "c", "agent_id": "a"}',
    "bytes that are no UTF-8": b'{"mobile": "\xff\xfe", "call_id": "c", "agent_id": "a"}',
    "a form that ends within a character": "call_id=c&agent_id=a&mobile=%ff",
    "UTF-16": '{"mobile": "x", "call_id": "c", "agent_id": "a"}'.encode("utf-16"),
}


@pytest.mark.parametrize("name", LOST)
def test_a_number_that_was_lost_on_the_way_is_told_as_the_number(deployment: Deployment, name: str) -> None:
    deployment.search(LOST[name]).is_error(400, "invalid_request", "mobile")


@EVERY_POST
def test_a_byte_that_nobody_reads_refuses_nothing(deployment: Deployment, route: str) -> None:
    post, good = POSTS[route]
    text = json.dumps(good())[1:]

    for body in (b'{"odd": "caf\xe9", ' + text.encode(), '{"odd": "a\nb\\\'c\\ud83d", ' + text):
        assert post(deployment)(body).status in (200, 202)


DIGITS = ("9" * 21, "9" * 4300, "9" * 4301, "-" + "9" * 4301)


@pytest.mark.parametrize("digits", DIGITS, ids=lambda digits: f"{digits[0]}{len(digits)}")
@pytest.mark.parametrize("field", ["call_id", "agent_id", "mobile", "clinic_id", "duration_minutes", "first_name"])
def test_an_endless_number_is_told_in_our_own_words(deployment: Deployment, field: str, digits: str) -> None:
    answer = deployment.book_new(json.dumps(new_body(**{field: "?"})).replace('"?"', digits, 1))

    if answer.status == 202:
        assert len(digits) <= 100, "ids and names may be numbers, as long as they fit"
    else:
        answer.is_error(400, "invalid_request", *{problem["field"] for problem in answer.body["fields"]})
        assert not re.search("python|limit|sys|pydantic|parse", json.dumps(answer.body), re.IGNORECASE)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_what_json_does_not_call_a_number_is_none(deployment: Deployment, value: str) -> None:
    for field in ("call_id", "mobile", "clinic_id", "start", "duration_minutes", "notes", "first_name", "consent"):
        answer = deployment.book_new(json.dumps(new_body(**{field: "?"})).replace('"?"', value, 1))

        answer.is_error(400, "invalid_request", *{problem["field"] for problem in answer.body["fields"]})
        assert {problem["field"].split(".")[0] for problem in answer.body["fields"]} == {field}


WRONG: dict[str, list[Any]] = {
    "call_id": [[], {}, True, 1.5, "x" * 129, [1, 2], "\uffff", "undefined", "\u0000"],
    "agent_id": [[], {}, False, 10**130, "x" * 129, "N/A"],
    "mobile": [[1, 2], {"a": 1}, True, 1.5, "1234567", "x", "9" * 41, "+", "99999XXX41", "9999900041,9999900042"],
    "country_code": [{"a": 1}, "IN", "999", "+", "0091", "91 " * 3, "٩١", -91],
    "clinic_id": [[], {}, "C 01", "C/01", "../C", "x" * 65, "C\x00", "ç", True, "0", "--Select--"],
    "practitioner_id": [{"a": 1}, "D 01", "x" * 65, "D\x01"],
    "duration_minutes": [4, 481, -5, 30.5, "half an hour", [1, 2], True, 10**400, "9" * 5000, "1e2"],
    "service": [[1, 2], {"a": 1}, "x" * 101, True],
    "notes": [[1, 2], {"a": 1}, "x" * 501, True],
    "first_name": [[], {}, "x" * 101, "Jos\ufffd", True, "undefined", "--"],
    "last_name": [[1, 2], {"a": 1}, "x" * 101, "Jos\ufffd", True],
    "gender": [[1, 2], {"a": 1}, "unknown", 1, True, "x" * 10_000],
    "date_of_birth": [
        [1, 2],
        19910723,
        "23/07/1991",
        "1991-02-30",
        "1890-12-31",
        "2999-01-01",
        "1991-07-23T00:00:00Z",
        "1991-07-23T10:00:00",
        True,
    ],
    "email": [[1, 2], "zanzi", "a@b", "a b@c.d", "ab.c", "é@example.com", f"{'a' * 250}@b.cd", "a\ufffd@b.cd", True],
    "consent.given": ["perhaps", 2, "on", "t"],
}
ROUTES_OF = {
    **dict.fromkeys(("call_id", "agent_id", "mobile", "country_code"), ("search", "known", "new")),
    **dict.fromkeys(("clinic_id", "practitioner_id", "duration_minutes", "service", "notes"), ("known", "new")),
    **dict.fromkeys(("first_name", "last_name", "gender", "date_of_birth", "email", "consent.given"), ("new",)),
}


@pytest.mark.parametrize("field", WRONG)
def test_wrong_field_is_named_and_its_value_not_repeated(deployment: Deployment, field: str) -> None:
    for route in ROUTES_OF[field]:
        post, good = POSTS[route]
        for value in WRONG[field]:
            body = {"mobile": "9999900041", **good()} | {field: value}

            answer = post(deployment)(body)

            answer.is_error(400, "invalid_request", field)
            if isinstance(value, str) and len(value) > 3:
                assert value not in json.dumps(answer.body, ensure_ascii=False)
    assert deployment.stack.items() == deployment.stack.messages() == []
    assert deployment.fake.requests() == []


def test_every_field_that_is_wrong_is_named_at_once(deployment: Deployment) -> None:
    answer = deployment.book_new(new_body(mobile=..., first_name=[], clinic_id="no good", duration_minutes=1))

    answer.is_error(400, "invalid_request", "mobile", "first_name", "clinic_id", "duration_minutes")


QUERIES: dict[str, list[str]] = {
    "limit": ["0", "51", "-1", "ten", "1.5", "9" * 5000, "1e1", "\u0661\u0660", "true"],
    "call_id": ["x" * 129, "\x00"],
    "agent_id": ["x" * 129, "\x7f"],
}


@pytest.mark.parametrize("field", QUERIES)
def test_a_query_that_is_wrong_is_named(deployment: Deployment, field: str) -> None:
    for value in QUERIES[field]:
        deployment.completed("P-41", {**CALL, field: value}).is_error(400, "invalid_request", field)
        if field != "limit":
            deployment.search_by_get({"mobile": "9999900041", **CALL, field: value}).is_error(
                400, "invalid_request", field
            )


PATIENTS = ["", " ", "x" * 65, "P\x0041", "..", "-", "_-", "*", "0", "-1", "{00000000-0000-0000-0000-000000000000}"]


@pytest.mark.parametrize("patient_id", PATIENTS)
def test_a_patient_id_that_cannot_be_one_is_refused(deployment: Deployment, patient_id: str) -> None:
    for answer in (deployment.completed(patient_id, CALL), deployment.book_known(patient_id, known_body())):
        answer.is_error(400, "invalid_request", "patient_id")
    assert deployment.stack.items() == []
    assert deployment.fake.requests() == []


UNKNOWN = [
    ("DELETE", "/patients/search"),
    ("PUT", "/appointments"),
    ("PATCH", "/bookings/x"),
    ("OPTIONS", "/patients"),
    ("HEAD", "/patients"),
    ("GET", "/"),
    ("GET", ""),
    ("GET", "/nowhere"),
    ("POST", "/patients/search/deeper"),
    ("GET", "/patients/a/b/appointments/completed"),
    ("GET", "/\x00"),
    ("BREW", "/appointments"),
]
ELSEWHERE = product(["past_appointments", "book_appointment", "book_new_patient", "booking_status"], UNKNOWN[-1:])


@pytest.mark.parametrize(
    ("name", "method", "resource"),
    [("search_patient", *each) for each in UNKNOWN] + [(name, *each) for name, each in ELSEWHERE],
)
def test_an_unknown_route_or_method_is_not_found(deployment: Deployment, name: str, method: str, resource: str) -> None:
    answer = deployment.function(name)(events.gateway(method, resource, body="{}"))

    answer.is_error(404, "not_found")
