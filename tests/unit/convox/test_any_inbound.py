"""Whatever names, encodings and bytes come: the reader answers with a request or with its own error."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from convox_clinicea.bookings.call_status import StatusReader
from convox_clinicea.bookings.callback_traces import glimpsed
from convox_clinicea.bookings.requests import KnownPatientBooking, NewPatientBooking
from convox_clinicea.convox.defaults import RequestDefaults
from convox_clinicea.convox.fields import CANONICAL
from convox_clinicea.convox.mending import mended
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.errors import ConsentRequired, InvalidRequest, TooLarge
from convox_clinicea.lookups.completed import CompletedRequest
from convox_clinicea.lookups.search import SearchRequest
from tests.support import events
from tests.support.dialects import PACKED, dialect, read
from tests.support.events import Event
from tests.support.properties import PROPERTY, json_values

PLACE = RequestDefaults(Clinics.from_document({"schema": 1}, "Asia/Kolkata"), "IN")
MODELS: list[type[BaseModel]] = [SearchRequest, CompletedRequest, KnownPatientBooking, NewPatientBooking]
DIALECTS = [PACKED, dialect(date_order="dmy"), dialect(stands_in={"notes": ["remarks"], "mobile": ["did"]})]
ALIASES = sorted({known.spelling for known in PACKED.names.values()})

names = st.sampled_from(ALIASES) | st.sampled_from(sorted(CANONICAL)) | st.text(max_size=12)
DATES = ["0000-00-00 00:00:00", "2026-02-30 10:00", "99-99-9999 99:99", "2026-12-01 13:00 PM", "24:00", "1" * 5000]
ODD = ["{", '{"mobile": 1}', "[]", "\ud800", "\x00", "%ff", "9" * 5000]
SIGNS = ["{", "}", "=", "&", "%", "%ff", "%7B", "--x", "\n", "\r\n", '"', ":", "mobile", "\x00", "é", "+"]
texts = st.text(max_size=20) | st.sampled_from(DATES + ODD)
values = json_values | texts


def is_understood_or_refused(event: Event) -> None:
    glimpsed(APIGatewayProxyEvent(event), PACKED)
    for spoken in DIALECTS:
        with suppress(InvalidRequest, TooLarge):
            StatusReader("convox", spoken, PLACE, context_required=True).read(APIGatewayProxyEvent(event))
    for model in MODELS:
        for spoken in DIALECTS:
            with suppress(InvalidRequest, TooLarge, ConsentRequired):
                request = read(model, event, spoken)
                assert isinstance(request, model)
                if isinstance(request, SearchRequest):
                    request.number(PLACE)
                if isinstance(request, KnownPatientBooking | NewPatientBooking):
                    request.canonical("convox", PLACE.in_dialect(spoken))


def post(body: Any, *, encoded: bool = False) -> Event:
    return events.gateway("POST", "/anything", body=body, base64_encoded=encoded)


@PROPERTY
@given(fields=st.dictionaries(names, values, max_size=8))
def test_any_names_and_values_in_json(fields: dict[str, Any]) -> None:
    is_understood_or_refused(post(json.dumps(fields)))


@PROPERTY
@given(fields=st.dictionaries(names, texts, max_size=8), repeated=st.booleans())
def test_any_names_and_values_in_a_query(fields: dict[str, str], repeated: bool) -> None:
    event = events.gateway("GET", "/anything", query=fields)
    if repeated:
        event["multiValueQueryStringParameters"] = {name: [value, value[::-1]] for name, value in fields.items()}
    is_understood_or_refused(event)


@PROPERTY
@given(fields=st.lists(st.tuples(names, texts), max_size=8), separator=st.sampled_from(["&", ";", "&&"]))
def test_any_names_and_values_in_a_form(fields: list[tuple[str, str]], separator: str) -> None:
    is_understood_or_refused(post(separator.join(f"{name}={value}" for name, value in fields)))


@PROPERTY
@given(
    fields=st.lists(st.tuples(names, texts), max_size=5),
    boundary=st.sampled_from(["--x", "--", "---", "--\x00"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_names_and_values_in_a_multipart_form(fields: list[tuple[str, str]], boundary: str, end: str) -> None:
    parts = [f'{boundary}{end}content-disposition: form-data; name="{n}"{end}{end}{v}{end}' for n, v in fields]
    is_understood_or_refused(post("".join(parts) + boundary))


@PROPERTY
@given(fields=st.dictionaries(names, values, max_size=5), name=names)
def test_any_json_in_a_field(fields: dict[str, Any], name: str) -> None:
    is_understood_or_refused(post(f"{name}={json.dumps(fields)}"))


@PROPERTY
@given(body=st.lists(st.sampled_from(SIGNS), max_size=30).map("".join))
def test_any_order_of_the_signs_that_mean_something(body: str) -> None:
    is_understood_or_refused(post(body))


@PROPERTY
@given(body=st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    is_understood_or_refused(post(body))
    is_understood_or_refused(post(body.decode("latin-1")))
    is_understood_or_refused(post(base64.b64encode(body).decode()[:-1], encoded=True))


@PROPERTY
@given(value=json_values)
def test_json_that_is_well_formed_needs_no_mending(value: Any) -> None:
    for ascii_only in (True, False):
        text = json.dumps(value, ensure_ascii=ascii_only)
        assert json.loads(mended(text)) == json.loads(text) or "\\ud" in text


@PROPERTY
@given(text=st.text(alphabet="\"\\ud8'{},\n x", max_size=40))
def test_what_is_mended_once_stays_as_it_is(text: str) -> None:
    assert mended(mended(text)) == mended(text)


@pytest.mark.parametrize(
    "body",
    [
        "{" * 60_000,
        "=" * 60_000,
        "&" * 60_000,
        "%7B" * 20_000,
        "--\n" * 20_000,
        "--x\ncontent-disposition:form-data;" * 1_800,
        "x=" + "{" * 60_000,
        "x={" + "} " * 30_000,
        "x=[" * 20_000,
        "[" * 60_000,
        '{"a":' * 12_000,
        "mobile=" + "x" * 60_000,
        '"' * 60_000,
        '"\\' * 30_000,
        '{"call_id": ' * 5_000,
        "call_id=" * 8_000,
        "call_id\n" + "x\n" * 30_000,
        "call_id " + " " * 60_000,
        "&amp;" * 13_000,
        "&#" * 30_000,
        '{"mobile": ' + "9" * 60_000 + "}",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_of_one_sign_only(body: str) -> None:
    is_understood_or_refused(post(body))
