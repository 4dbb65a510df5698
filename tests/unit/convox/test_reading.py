"""What is taken from a body and a query, and what is refused before any field is looked at."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea.convox.body import Pairs, pairs_of
from convox_clinicea.errors import InvalidRequest, TooLarge
from tests.support import events
from tests.support.dialects import PACKED
from tests.support.events import Event

KB64 = 64 * 1024


def pairs(event: Event) -> Pairs:
    return pairs_of(APIGatewayProxyEvent(event), PACKED.known)


def post(body: object, **more: Any) -> Event:
    return events.gateway("POST", "/anything", body=body, **more)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (None, "body: is empty; send a JSON object or a form"),
        (" \r\n", "body: is empty"),
        ("[1]", "body: is not a JSON object"),
        ('"a=b"', "body: is not a JSON object"),
        ("12", "body: is not a JSON object"),
        ('{"a": 1', "body: is not valid JSON, or is too large to read"),
        ('{"a": ' + "9" * 5000 + "}", "a number of thousands of digits"),
        ('{"a": ' + "[" * 300 + "]" * 300 + "}", "very deep nesting"),
        ("[" * 60_000, "very deep nesting"),
        ('{"a": "b" "c"}', "body: is not valid JSON, or is too large to read"),
        ('{"a": 1}' * 2, "body: is not valid JSON, or is too large to read"),
        ('[{"a": 1}, {"a": 2}]', "body: contains several objects; send one per request"),
        ('{"a": 1} {"a": 1}', "body: is not valid JSON, or is too large to read"),
        ("hello", "body: is neither JSON nor a form"),
        ("&".join(f"f{n}=1" for n in range(501)), "body: is a form of more than 500 fields"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_no_request_is_refused_for_what_it_is(body: object, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told):
        pairs(post(body))


@pytest.mark.parametrize("size", [KB64 + 1, 2 * KB64 + 1, 1_000_000])
def test_what_is_over_64_kb_is_too_large_in_any_encoding(size: int) -> None:
    text = "a=" + "x" * (size - 2)
    for event in (
        post(text),
        post(text.encode()),
        post("é" * (size // 2 + 1)),
        events.gateway("GET", "/x", query={"a": text}),
    ):
        with pytest.raises(TooLarge):
            pairs(event)


def test_64_kb_are_not_too_large() -> None:
    text = "a=" + "x" * (KB64 - 2)

    assert pairs(post(text)) == pairs(post(text.encode())) == [("a", text[2:])]
    assert pairs(events.gateway("GET", "/x", query={"a": text[:-1]})) == [("a", text[:-1])]


def test_nothing_at_all_in_a_get_is_nothing() -> None:
    assert pairs(events.gateway("GET", "/x")) == []


def test_query_and_body_are_both_read() -> None:
    assert pairs(post({"a": 1}, query={"b": "2"})) == [("b", "2"), ("a", 1)]


def test_a_query_that_only_the_single_values_tell_is_read() -> None:
    event = events.gateway("GET", "/x", query={"a": "1"})
    event["multiValueQueryStringParameters"] = None

    assert pairs(event) == [("a", "1")]


def test_the_json_in_a_field_takes_the_fields_place() -> None:
    inside = json.dumps({"mobile": "1", "remarks": "{"})

    assert pairs(events.gateway("GET", "/x", query={"x": inside, "y": "1"})) == [
        ("mobile", "1"),
        ("remarks", "{"),
        ("y", "1"),
    ]


@pytest.mark.parametrize("field", ["notes", "Remarks", "MOBILE_NO"])
def test_a_field_whose_name_means_something_is_no_envelope(field: str) -> None:
    assert pairs(events.gateway("GET", "/x", query={field: '{"mobile": "1"}'})) == [(field, '{"mobile": "1"}')]


@pytest.mark.parametrize("value", ["{", "{not json}", "{}", '{"a": 1', "[1]"])
def test_what_only_looks_like_an_envelope_is_a_value(value: str) -> None:
    expected = [] if value == "{}" else [("x", value)]

    assert pairs(events.gateway("GET", "/x", query={"x": value})) == expected


def test_a_multipart_form_s_files_are_left_out() -> None:
    part = 'Content-Disposition: form-data; name="{}"{}\r\nContent-Type: text/plain\r\n\r\n{}\r\n'
    body = "".join(
        f"--b\r\n{part.format(*each)}"
        for each in (("a", "", "1\r\n2"), ("f", '; filename="x.txt"', "3"), ("c", "", ""))
    )

    assert pairs(post(f"{body}--b--")) == [("a", "1\n2"), ("c", "")]


def test_base64_that_is_none_is_refused() -> None:
    good = base64.b64encode(b"a=1").decode()

    assert pairs(post(good, base64_encoded=True)) == [("a", "1")]
    for bad in (good[:-1], "!!!", "====", "é"):
        with pytest.raises(InvalidRequest, match="body: is not valid base64"):
            pairs(post(bad, base64_encoded=True))


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ('{"a": "x\ny\t\x00\x0b"}', "x\ny\t\x00\x0b"),
        (r'{"a": "it\'s C:\data \u12 \\ \" \/ \n"}', "it's C:\\data \\u12 \\ \" / \n"),
        (r'{"a": "\ud83d\ude00 \ud83d \ude00"}', "\U0001f600 \ufffd \ufffd"),
        (r'{"a": "\ud83d' + "\n" + 'x"}', "\ufffd\nx"),
        ('{"a":\u00a0"b",\u2028\ufeff}', "b"),
        ('{"a": "b" , }', "b"),
        ('{"a": [1, 2, ], "b": ",}"}', [1, 2]),
    ],
    ids=ascii,
)
def test_hand_written_json_is_read_if_unambiguous(body: str, value: Any) -> None:
    assert pairs(post(body))[0] == ("a", value)


@pytest.mark.parametrize(
    ("body", "content_type", "value"),
    [
        (b'{"a": "Jos\xe9"}', "application/json; charset=windows-1252", "Jos\u00e9"),
        (b'{"a": "Jos\xe9"}', 'application/json; charset="ISO-8859-1"', "Jos\u00e9"),
        (b'{"a": "Jos\xe9"}', "application/json", "Jos\ufffd"),
        (b'{"a": "Jos\xe9"}', "application/json; charset=idna", "Jos\ufffd"),
        ('{"a": "Jos\u00e9"}'.encode(), "application/json; charset=windows-1252", "Jos\u00e9"),
        ('{"a": "Jos\u00e9"}'.encode("utf-16"), "application/json", "Jos\u00e9"),
        ("a=Jos%E9", "application/x-www-form-urlencoded; charset=ISO-8859-1", "Jos\u00e9"),
        ("a=Jos%E9", "application/x-www-form-urlencoded", "Jos\ufffd"),
        ("a=Jos%C3%A9", "application/x-www-form-urlencoded; charset=ISO-8859-1", "Jos\u00e9"),
        ('{"a": "\ud800"}', "application/json", "\ufffd"),
    ],
    ids=ascii,
)
def test_a_charset_is_asked_where_bytes_are_still_there(body: Any, content_type: str, value: str) -> None:
    assert pairs(post(body, headers={"Content-Type": content_type})) == [("a", value)]


@pytest.mark.parametrize(
    "body", ['"' * 65_000, '{"a": "' + "\\" * 65_000, '"\\' * 30_000, ", " * 32_000, ",\n" * 32_000]
)
def test_a_text_that_cannot_be_mended_is_found_out_in_no_time(body: str) -> None:
    with pytest.raises(InvalidRequest, match="body"):
        pairs(post(body))


def test_an_envelope_that_says_something_itself_is_none() -> None:
    body = {"mobile": "1", "agent": {"mobile": "2"}}

    assert [name for name, _ in pairs(post(body))] == ["mobile", "agent"]


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ("call_id=c1;agent_id=a;start=2027-01-05T10%3A30", ["c1", "a", "2027-01-05T10:30"]),
        ("call_id=c1; agent_id=a ;", ["c1", "a "]),
        ("call_id=c1;x&agent_id=a;b", ["c1;x", "a;b"]),
        ("call_id=c1;b", ["c1;b"]),
        ("notes=first;last=1", ["first;last=1"]),
        ("call_id=c%3B1;agent_id=a", ["c;1", "a"]),
    ],
)
def test_semicolons_part_a_form_only_where_they_part_known_names(body: str, read: list[str]) -> None:
    assert [value for _, value in pairs(post(body))] == read


def test_form_of_more_than_500_fields_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="more than 500 fields"):
        pairs(post(";".join(["call_id=1"] * 502)))
