"""Whatever a caller sends: an answer in the contract's shape, below 500, that repeats nothing of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.operations import STATUSES
from tests.support import events
from tests.support.bookings import AGENT_ID, CALL_ID, known_body, new_body
from tests.support.deployment import Deployment
from tests.support.events import Event
from tests.support.functions import Answer
from tests.support.properties import PROPERTY, json_values

SENDERS = ("invalid_request", "consent_required", "not_found", "method_not_allowed", "too_large")
"""The codes of what is wrong with a request."""
ANY = settings(PROPERTY, max_examples=60)
TEXTS = st.text(max_size=30) | st.sampled_from(["\ud800", "\x00", "9" * 5000, "{}", "%00", "../..", "0x10", "Infinity"])
CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}

BODIES: dict[str, tuple[str, Callable[[Any], Event], dict[str, Any]]] = {
    "search": ("search_patient", events.search, {"mobile": "9999900041", **CALL}),
    "popup": ("call_popup", events.popup, {"mobile": "9999900041", **CALL}),
    "call status": ("call_status", events.call_status, {**new_body(), "disposition": "Appointment"}),
    "known": ("book_appointment", lambda body: events.book_known("P-41", body), known_body()),
    "new": ("book_new_patient", events.book_new, new_body()),
}


def is_the_contracts(answer: Answer) -> None:
    if answer.status in (200, 202):
        assert answer.body["status"] == "success"
        assert answer.body["message"]
    else:
        fields = [problem["field"] for problem in answer.body["fields"]]
        assert answer.body["code"] in SENDERS
        answer.is_error(STATUSES[answer.body["code"]], answer.body["code"], *fields)


@pytest.mark.parametrize("route", BODIES)
@ANY
@given(data=st.data())
def test_any_value_in_any_field(deployment: Deployment, route: str, data: st.DataObject) -> None:
    name, event, good = BODIES[route]
    odd = data.draw(st.dictionaries(st.sampled_from(sorted(good)), json_values, min_size=1, max_size=3))

    is_the_contracts(deployment.function(name)(event(good | odd)))


@pytest.mark.parametrize("route", BODIES)
@ANY
@given(body=json_values.map(json.dumps) | TEXTS | st.binary(max_size=60))
def test_any_body(deployment: Deployment, route: str, body: str | bytes) -> None:
    name, event, _ = BODIES[route]

    is_the_contracts(deployment.function(name)(event(body)))


@ANY
@given(
    query=st.dictionaries(st.sampled_from(["mobile", "country_code", "call_id", "agent_id", "limit"]) | TEXTS, TEXTS),
    patient_id=TEXTS,
)
def test_any_query_and_any_patient(deployment: Deployment, query: dict[str, str], patient_id: str) -> None:
    is_the_contracts(deployment.search_by_get(query))
    is_the_contracts(deployment.search_by_get({**CALL, "mobile": "9999900041"} | query))
    is_the_contracts(deployment.completed("P-41", {**CALL, **query}))
    is_the_contracts(deployment.completed(patient_id, CALL))


@ANY
@given(path=TEXTS, method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]))
def test_any_path(deployment: Deployment, path: str, method: str) -> None:
    for name in ("search_patient", "past_appointments", "book_appointment", "book_new_patient", "booking_status"):
        is_the_contracts(deployment.function(name)(events.gateway(method, f"/{path}", body="{}")))
    is_the_contracts(deployment.status(path))
