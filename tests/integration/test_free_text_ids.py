"""Ids of ConVox's that hold a number: refused where they are an agent's, stored under another name where a call's."""

from __future__ import annotations

import pytest

from convox_clinicea import aws
from convox_clinicea.privacy import STAND_IN
from tests.support import invented
from tests.support.account import age_secrets
from tests.support.bookings import AGENT_ID, CALL_ID, in_days, known_body, new_body
from tests.support.deployment import Deployment
from tests.support.functions import Answer

TOLD = f"{invented.NATIONAL}_20261128101500"
AGENTS = ["agent +91 99999 00043", "9999900043", "somebody@example.com"]


def answers(deployment: Deployment, call: dict[str, str]) -> list[Answer]:
    return [
        deployment.search({"mobile": invented.MOBILE, **call}),
        deployment.popup({"mobile": invented.MOBILE, **call}),
        deployment.completed("P-41", call),
        deployment.book_known("P-41", known_body(**call)),
        deployment.book_new(new_body(**call)),
    ]


@pytest.mark.parametrize("agent_id", AGENTS)
def test_agent_id_that_holds_a_number_is_refused_on_every_route(deployment: Deployment, agent_id: str) -> None:
    for answer in answers(deployment, {"call_id": CALL_ID, "agent_id": agent_id}):
        assert (answer.status, answer.body["code"]) == (400, "invalid_request")
        assert [each["field"] for each in answer.body["fields"]] == ["agent_id"]
    assert deployment.stack.items() == deployment.stack.entries() == []


def test_a_call_s_id_that_holds_a_number_serves_as_any_other(deployment: Deployment) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    call = {"call_id": TOLD, "agent_id": AGENT_ID}

    answered = answers(deployment, call)

    assert [each.status for each in answered] == [200, 200, 200, 202, 202]
    names = {each["call_id"]["S"] for each in deployment.stack.entries()}
    names |= {each["call_id"]["S"] for each in deployment.stack.items("booking#")}
    assert len(names) == 1
    assert names.pop().startswith(STAND_IN)
    found = deployment.of_call(TOLD).body["bookings"]
    assert {each["booking_id"] for each in found} == {each.body["booking_id"] for each in answered[3:]}


@pytest.mark.parametrize("agent_id", AGENTS)
def test_a_status_callback_is_booked_whatever_its_ids_are_like(deployment: Deployment, agent_id: str) -> None:
    deployment.popup({"mobile": invented.MOBILE, "call_id": TOLD, "agent_id": AGENT_ID})
    body = known_body(
        patient_id="P-41", disposition="Appointment", call_id=TOLD, agent_id=agent_id, start=in_days(3).isoformat()
    )

    first, again = deployment.call_status(body), deployment.call_status(body)

    assert (first.status, again.status) == (202, 202)
    assert again.body["booking_id"] == first.body["booking_id"]
    stored = repr([deployment.stack.items(), deployment.stack.entries()])
    assert agent_id not in stored
    assert invented.NATIONAL not in stored
    deployment.call_status({"call_id": TOLD, "agent_id": AGENT_ID, "disposition": "Transferred"})
    announced = deployment.stack.items("announced#")
    assert len(announced) == 2, "one for each agent of the call"
    assert not any("open" in each for each in announced), "its end is noted under the name that the pop-up had"


@pytest.mark.parametrize("kind", ["search", "popup", "completed", "of_call"])
def test_a_function_that_starts_cold_reads_the_key_itself(deployment: Deployment, kind: str) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    call = {"call_id": TOLD, "agent_id": AGENT_ID}
    age_secrets(aws.SECRET_SECONDS)

    answer = {
        "search": lambda: deployment.search({"mobile": invented.MOBILE, **call}),
        "popup": lambda: deployment.popup({"mobile": invented.MOBILE, **call}),
        "completed": lambda: deployment.completed("P-41", call),
        "of_call": lambda: deployment.of_call(TOLD),
    }[kind]()

    assert answer.status == 200
    assert all(each["call_id"]["S"].startswith(STAND_IN) for each in deployment.stack.entries())
