"""Who knows the key of a proof of consent, or of a disclosure, cannot overwrite it: each write asks for absence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.client import BaseClient

from convox_clinicea import aws
from tests.support import invented
from tests.support.bookings import AGENT_ID, CALL_ID, in_days, new_body
from tests.support.call_ends import new
from tests.support.deployment import Deployment

CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}
PERSON = {"mobile": invented.MOBILE, "who": "operator", "why": "asked by the person"}
Write = dict[str, Any]


@pytest.fixture
def writes(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Write]]:
    """Each whole item that any function writes into the register, with its condition."""
    found: list[Write] = []
    real = vars(BaseClient)["_make_api_call"]

    def noted(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        if operation == "PutItem":
            found.append(arguments)
        elif operation == "TransactWriteItems":
            found.extend(each["Put"] for each in arguments["TransactItems"] if "Put" in each)
        assert operation not in ("BatchWriteItem", "ExecuteStatement"), "these take no condition"
        return real(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    yield found
    found.clear()


def of_register(deployment: Deployment, writes: list[Write]) -> list[Write]:
    return [each for each in writes if each["TableName"] == deployment.stack.disclosures_table]


def test_every_write_but_the_journal_s_asks_for_absence(deployment: Deployment, writes: list[Write]) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", mobile=invented.OTHER_NATIONAL))
    assert deployment.search({"mobile": invented.OTHER_MOBILE, **CALL}).status == 200
    assert deployment.popup({"mobile": invented.OTHER_MOBILE, **CALL}).status == 200
    assert deployment.completed("P-41", CALL).status == 200
    booking_id = deployment.book_new(new_body()).body["booking_id"]
    assert deployment.call_status(new(call_id="c-2", start=in_days(9).isoformat())).status == 202
    assert deployment.deliver().acknowledged
    deployment.status(booking_id)
    for action in ("withdraw", "copy", "erase"):
        deployment.function("data_requests").invoke({"action": action, **PERSON})

    kinds: dict[str, set[str]] = {}
    for write in of_register(deployment, writes):
        kind = write["Item"]["subject"]["S"].partition("#")[0]
        kinds.setdefault(kind, set()).add(write.get("ConditionExpression", ""))

    journal = kinds.pop("erased")
    assert all(journal), "the journal is written under its own key, on a condition that tells our own repetition"
    assert set(kinds) == {"patient", "number", "asked"}
    assert [kind for kind, found in kinds.items() if found != {"attribute_not_exists(subject)"}] == []


@pytest.mark.parametrize("door", ["flow", "callback"])
def test_a_proof_that_stands_stays_as_it_is(deployment: Deployment, door: str) -> None:
    """A request is stored anew, as after a loss of the ledger, and its proof has the same key."""

    def book() -> None:
        answer = deployment.book_new(new_body()) if door == "flow" else deployment.call_status(new())
        assert answer.status == 202

    book()
    (proof,) = deployment.stack.entries()
    marked = {**proof, "text_version": {"S": "as it was heard"}}
    aws.dynamodb().put_item(TableName=deployment.stack.disclosures_table, Item=marked)
    for item in deployment.stack.items():
        deployment.stack.delete(item["pk"]["S"])

    book()

    assert deployment.stack.entries() == [marked]
