"""What an agent gets when Clinicea is down, slow, or does not let us in: the right code, and in time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import invented
from tests.support.bookings import AGENT_ID, CALL_ID
from tests.support.deployment import Deployment
from tests.support.functions import Answer

CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}
SEARCH, COMPLETED = "searchPatientByMobileNumber", "getPatientPastCompletedAppointment"
LOOKUPS = [SEARCH, COMPLETED]


def look_up(deployment: Deployment, call: str, **event: Any) -> Answer:
    if call == SEARCH:
        return deployment.search({"mobile": invented.MOBILE, **CALL}, **event)
    return deployment.completed("P-41", CALL, **event)


@pytest.mark.parametrize("call", LOOKUPS)
@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"kind": "status", "status": 400, "body": "Get Operation Failed"}, 502, "clinicea_rejected"),
        ({"kind": "status", "status": 401}, 502, "clinicea_rejected"),
        ({"kind": "status", "status": 403}, 502, "clinicea_rejected"),
        ({"kind": "status", "status": 405}, 502, "clinicea_rejected"),
        ({"kind": "status", "status": 404, "body": "No HTTP resource was found"}, 502, "clinicea_rejected"),
        ({"kind": "status", "status": 429, "headers": {"Retry-After": "60"}}, 503, "clinicea_unavailable"),
        ({"kind": "status", "status": 429}, 503, "clinicea_unavailable"),
        ({"kind": "status", "status": 500}, 503, "clinicea_unavailable"),
        ({"kind": "status", "status": 503}, 503, "clinicea_unavailable"),
        ({"kind": "status", "status": 302}, 503, "clinicea_unavailable"),
        ({"kind": "status", "status": 200, "body": "not json"}, 503, "clinicea_unavailable"),
        ({"kind": "status", "status": 200, "body": '[{"FullName": "no id"}]'}, 503, "clinicea_unavailable"),
        ({"kind": "status", "status": 200, "body": "[" * 5000}, 503, "clinicea_unavailable"),
        ({"kind": "html"}, 503, "clinicea_unavailable"),
        ({"kind": "reset_before"}, 503, "clinicea_unavailable"),
    ],
    ids=lambda value: "-".join(str(part)[:20] for part in value.values()) if isinstance(value, dict) else "",
)
def test_what_is_wrong_with_clinicea_has_its_code(
    deployment: Deployment, call: str, fault: dict[str, Any], status: int, code: str
) -> None:
    deployment.fake.fault(call, **fault)

    answer = look_up(deployment, call)

    answer.is_error(status, code)
    assert not invented.leaks(str(answer.body))


@pytest.mark.parametrize("call", LOOKUPS)
@pytest.mark.parametrize(
    "fault",
    [{"kind": "delay", "seconds": 60}, {"kind": "timeout_before", "seconds": 60}, {"kind": "drip", "seconds": 0.1}],
    ids=lambda fault: fault["kind"],
)
def test_a_slow_clinicea_is_not_waited_for(deployment: Deployment, call: str, fault: dict[str, Any]) -> None:
    # Were the budget not kept, the delay would end in a success after a minute. A busy machine needs some of it first.
    deployment.configure(LOOKUP_BUDGET_SECONDS="2")
    deployment.fake.fault(call, **fault)

    look_up(deployment, call).is_error(504, "clinicea_timeout")


@pytest.mark.parametrize("call", LOOKUPS)
def test_what_the_gateway_has_used_of_the_budget_is_gone(deployment: Deployment, call: str) -> None:
    # A tenth of 3 s is left, and the answer takes longer; with the whole budget it would have succeeded.
    deployment.configure(LOOKUP_BUDGET_SECONDS="3")
    deployment.fake.fault(call, "delay", seconds=1.5, count=1)

    look_up(deployment, call, age_ms=3000).is_error(504, "clinicea_timeout")


@pytest.mark.parametrize("call", LOOKUPS)
def test_a_clinicea_that_is_away_is_said_to_be(deployment: Deployment, call: str) -> None:
    deployment.configure(CLINICEA_URL="http://127.0.0.1:9")

    look_up(deployment, call).is_error(503, "clinicea_unavailable")


@pytest.mark.parametrize("call", LOOKUPS)
@pytest.mark.parametrize("kind", ["reset_before", "status", "html"])
def test_a_failure_that_passes_is_not_seen(deployment: Deployment, call: str, kind: str) -> None:
    deployment.fake.fault(call, kind, count=1, **({"status": 503} if kind == "status" else {}))

    assert look_up(deployment, call).status == 200
    assert len(deployment.fake.requests(call)) == 2


@pytest.mark.parametrize("call", LOOKUPS)
def test_a_role_without_the_call_is_told_to_the_operator(deployment: Deployment, call: str) -> None:
    deployment.fake.switch(denied_calls=[call])

    answer = look_up(deployment, call)

    answer.is_error(502, "clinicea_rejected")
    assert "operator" in answer.body["message"]


@pytest.mark.parametrize("call", LOOKUPS)
@pytest.mark.parametrize("kind", ["steal_token", "status"])
def test_a_session_that_was_taken_is_renewed_once(deployment: Deployment, call: str, kind: str) -> None:
    deployment.configure(CLINICEA_AUTHENTICATION="staff_session")
    look_up(deployment, call)
    deployment.fake.fault(call, kind, count=1, **({"status": 401} if kind == "status" else {}))

    assert look_up(deployment, call).status == 200


@pytest.mark.parametrize("call", LOOKUPS)
@pytest.mark.parametrize(
    "variables",
    [
        {"CLINICEA_URL": "http://clinicea.example.com"},
        {"CLINICEA_SECRET_ARN": "arn:aws:secretsmanager:ap-south-1:123456789012:secret:none-abc123"},
        {"CLINICEA_AUTHENTICATION": "basic"},
        {"LOOKUP_BUDGET_SECONDS": "0"},
        {"TIME_ZONE": "Asia/Atlantis"},
        {"DEFAULT_COUNTRY": "India"},
        {"REQUIRE_CALL_CONTEXT": "perhaps"},
        {"CALL_TABLE": "s3://nowhere/table.json"},
        {"CLINICS": "https://example.com/clinics.json"},
    ],
    ids=lambda variables: next(iter(variables)),
)
def test_a_deployment_that_is_not_set_up_says_so(deployment: Deployment, call: str, variables: dict[str, str]) -> None:
    deployment.configure(**variables)

    answer = look_up(deployment, call)

    answer.is_error(500, "internal")
    assert answer.body["message"] == "The connector is not set up correctly. Please tell its operator."
    assert deployment.fake.requests() == []
