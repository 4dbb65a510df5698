"""GET with a query and POST with a form, at one address, for what ConVox opens as a page."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.support import events, invented
from tests.support.bookings import AGENT_ID, CALL_ID
from tests.support.deployment import Deployment
from tests.support.functions import Answer

ASKED = {"mobile": invented.NATIONAL, "call_id": CALL_ID, "agent_id": AGENT_ID}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ADDRESSES = {"/patients": "search_patient", "/calls/popup": "call_popup"}
every_address = pytest.mark.parametrize("address", ADDRESSES)


def opened(deployment: Deployment, address: str, *, by: str, asked: dict[str, str] = ASKED) -> Answer:
    function = deployment.function(ADDRESSES[address])
    if by == "GET":
        return function(events.gateway("GET", address, query=asked))
    return function(events.gateway("POST", address, body=urlencode(asked), headers=FORM))


@every_address
def test_both_are_answered_alike(deployment: Deployment, address: str) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))

    form, query = (opened(deployment, address, by=way) for way in ("POST", "GET"))

    assert (form.status, form.body["match"]) == (200, "one")
    assert (query.status, query.body) == (form.status, form.body)
    for answer in (form, query):
        assert answer.headers["Cache-Control"] == "no-store"


@every_address
def test_by_get_it_is_switched_off_and_says_what_it_takes(
    deployment: Deployment, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.configure(SEARCH_BY_GET="false")

    refused = opened(deployment, address, by="GET")

    refused.is_error(405, "method_not_allowed")
    assert (refused.headers["Allow"], refused.headers["Cache-Control"]) == ("POST", "no-store")
    assert deployment.fake.requests() == []
    assert deployment.stack.items("announced#") == []
    assert opened(deployment, address, by="POST").status == 200
    assert invented.NATIONAL not in capsys.readouterr().out


@every_address
@pytest.mark.parametrize("way", ["POST", "GET"])
def test_the_limits_are_the_same(deployment: Deployment, address: str, way: str) -> None:
    deployment.configure(LOOKUPS_PER_CALLER_MINUTE="2")

    # The minute may end in between: of five, three in one minute are certain.
    answers = [opened(deployment, address, by=way) for _ in range(5)]

    refused = [answer for answer in answers if answer.status != 200]
    assert refused
    for answer in refused:
        answer.is_error(429, "rate_limited")


@every_address
@pytest.mark.parametrize("way", ["POST", "GET"])
def test_what_is_shown_stands_on_record_with_the_route(deployment: Deployment, address: str, way: str) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))

    opened(deployment, address, by=way)

    assert {entry["route"]["S"] for entry in deployment.stack.entries()} == {f"{way} {address}"}


def test_a_pop_up_by_get_announces_the_call(deployment: Deployment) -> None:
    opened(deployment, "/calls/popup", by="GET")

    (item,) = deployment.stack.items("announced#")
    assert (item["call_id"]["S"], item["agent_id"]["S"]) == (CALL_ID, AGENT_ID)


@every_address
@pytest.mark.parametrize("missing", ["mobile", "call_id", "agent_id"])
def test_what_is_missing_is_said_of_either(deployment: Deployment, address: str, missing: str) -> None:
    asked = {name: value for name, value in ASKED.items() if name != missing}

    for way in ("POST", "GET"):
        opened(deployment, address, by=way, asked=asked).is_error(400, "invalid_request", missing)
