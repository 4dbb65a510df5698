"""202 means that ledger and queue both hold the booking; anything less is 503 and can be sent again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support import invented
from tests.support.account import secret
from tests.support.bookings import known_body, new_body
from tests.support.deployment import Deployment
from tests.support.functions import Answer

FLOWS = ["known patient", "new patient"]


def book(deployment: Deployment, flow: str, **changes: Any) -> Answer:
    if flow == "known patient":
        return deployment.book_known("P-41", known_body(**changes))
    return deployment.book_new(new_body(**changes))


@pytest.mark.parametrize("flow", FLOWS)
def test_what_is_accepted_is_in_ledger_and_queue(deployment: Deployment, flow: str) -> None:
    accepted = book(deployment, flow)

    assert accepted.status == 202
    booking_id = accepted.body["booking_id"]
    assert deployment.booking(booking_id).request
    assert [json.loads(message["Body"])["booking_id"] for message in deployment.stack.messages()] == [booking_id]


@pytest.mark.parametrize("flow", FLOWS)
def test_without_the_queue_it_is_unconfirmed_and_retry_succeeds(deployment: Deployment, flow: str) -> None:
    deployment.stack.without_queue()
    refused = book(deployment, flow)
    refused.is_error(503, "not_stored")
    assert "do not book by hand" in refused.body["message"]
    (item,) = deployment.stack.items("booking#")
    deployment.stack.with_queue_again()

    again = book(deployment, flow)

    assert (again.status, again.body["repeated"]) == (202, True)
    assert item["booking_id"] == {"S": again.body["booking_id"]}
    assert len(deployment.stack.messages()) == 1


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize(
    "variables", [{"LEDGER_TABLE": "no-such-table"}, {"KMS_KEY_ARN": "alias/nowhere"}], ids=["ledger", "key"]
)
def test_without_ledger_or_key_nothing_is_confirmed_nor_queued(
    deployment: Deployment, flow: str, variables: dict[str, str]
) -> None:
    good = {name: deployment.stack.environment(deployment.fake.url)[name] for name in variables}
    deployment.configure(**variables)

    book(deployment, flow).is_error(503, "not_stored")

    assert deployment.stack.items() == deployment.stack.messages() == []
    deployment.configure(**good)
    assert (book(deployment, flow).status, book(deployment, flow).body["repeated"]) == (202, True)


@pytest.mark.parametrize("flow", FLOWS)
def test_a_deployment_without_its_identity_key_takes_no_bookings(deployment: Deployment, flow: str) -> None:
    deployment.configure(IDENTITY_SECRET_ARN=secret(f"short-{flow}", {"key": "too short"}))

    refused = book(deployment, flow)

    refused.is_error(503, "not_stored")
    assert deployment.stack.items() == deployment.stack.messages() == []


@pytest.mark.parametrize("flow", FLOWS)
def test_queue_and_ledger_name_nobody(deployment: Deployment, flow: str) -> None:
    book(deployment, flow, mobile=invented.MOBILE)

    messages = json.dumps(deployment.stack.messages(), default=str)
    items = deployment.stack.items("booking#")
    assert not invented.leaks(messages)
    assert not invented.leaks(repr(items))
    (item,) = items
    assert set(item) >= {"pk", "booking_id", "state", "request", "fingerprint", "patient_key"}
    assert set(item["request"]) == set(item["fingerprint"]) == {"B"}


@pytest.mark.parametrize("flow", FLOWS)
def test_an_ended_booking_drops_the_request(deployment: Deployment, flow: str) -> None:
    if flow == "known patient":
        deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    booking_id = book(deployment, flow).body["booking_id"]

    assert deployment.deliver().acknowledged

    items = {item["pk"]["S"].split("#")[0]: item for item in deployment.stack.items()}
    held = {"slot"} if flow == "known patient" else {"slot", "creating"}
    assert set(items) == {"booking", "call", "appointment", "canary", *held}
    assert "request" not in items["booking"]
    assert "expires_at" in items["booking"]
    for beside in ("appointment", *held):
        assert items[beside]["booking_id"] == {"S": booking_id}
        assert set(items[beside]) == {"pk", "booking_id", "expires_at", "write_token", "schema_version"}
    assert not invented.leaks(repr(items))
