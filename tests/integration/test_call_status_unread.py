"""`POST /calls/status` that cannot be read: a trace by whatever can be seen in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.bookings import AGENT_ID, CALL_ID
from tests.support.call_ends import call, known
from tests.support.deployment import Deployment
from tests.support.events import REQUEST_ID
from tests.support.functions import Answer

IDS = f'"CALL_REFERENCE_ID": "{CALL_ID}", "USER_ID": "{AGENT_ID}", "DISPOSITION": "Appointment Booked"'
UNREADABLE: dict[str, Any] = {
    "a quotation mark in a text": f'{{"remarks": "he said "no"", {IDS}}}',
    "cut off": f'{{{IDS}, "remarks": "and th',
    "single quotes": f"{{{IDS}}}".replace('"', "'"),
    "without a disposition that can be seen": f'{{"CALL_REFERENCE_ID": "{CALL_ID}", "USER_ID": "{AGENT_ID}", "x": "',
    "bytes": f'{{{IDS}, "remarks": "caf'.encode() + b"\xe9",
    "XML": f"<call><CALL_REFERENCE_ID>{CALL_ID}</CALL_REFERENCE_ID><USER_ID>{AGENT_ID}</USER_ID></call>",
    "encoded twice and cut off": json.dumps(f"{{{IDS}, 'x': 1") + "x",
    "percent-encoded and cut off": "%7B%22CALL_REFERENCE_ID%22%3A%22"
    + CALL_ID
    + "%22%2C%22USER_ID%22%3A%22agent-12%22",
    "too many fields": f"CALL_REFERENCE_ID={CALL_ID}&USER_ID={AGENT_ID}&" + "&".join(f"f{n}=1" for n in range(500)),
    "too deep": f'{{{IDS}, "x": {"[" * 300}{"]" * 300}}}',
    "too large": f'{{{IDS}, "x": "{"x" * 70_000}"}}',
}


def test_a_form_that_semicolons_part_is_booked(deployment: Deployment) -> None:
    form = ";".join(f"{name}={value}" for name, value in known().items())

    assert deployment.call_status(form.replace("+", "%2B")).status == 202
    assert len(seen(deployment)["bookings"]) == 1


def test_one_that_cannot_be_booked_leaves_its_call_s_trace(deployment: Deployment) -> None:
    form = ";".join(f"{name}={value}" for name, value in known(clinic_id="").items())

    assert deployment.call_status(form.replace("+", "%2B")).status == 400
    assert seen(deployment)["not_booked"]


def seen(deployment: Deployment, call_id: str = CALL_ID) -> dict[str, Any]:
    answer = deployment.of_call_by_query(call_id)
    assert answer.status == 200
    return answer.body


@pytest.mark.parametrize("name", UNREADABLE)
def test_it_is_refused_and_the_call_shows_it(
    deployment: Deployment, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = deployment.call_status(UNREADABLE[name])

    assert answer.status == (413 if name == "too large" else 400)
    field = "call_id" if name.startswith("percent") else "body"  # a form with one odd name, as far as can be told
    assert (call(deployment).problems, call(deployment).agent_id, call(deployment).kept) == ((field,), AGENT_ID, None)
    assert seen(deployment)["not_booked"] == [field]
    assert seen(deployment)["message"].endswith("A person must check it.")
    assert '"CallNotBooked":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_the_callback_that_can_be_read_takes_the_trace_away(deployment: Deployment) -> None:
    deployment.call_status(UNREADABLE["cut off"])

    assert deployment.call_status(known()).status == 202
    assert (seen(deployment)["not_booked"], len(seen(deployment)["bookings"])) == ([], 1)


@pytest.mark.parametrize(
    "body",
    [
        UNREADABLE["cut off"].replace("Appointment Booked", "Not Interested"),
        f'{{"DISPOSITION": "Appointment Booked", "remarks": "{"x" * 100}',
        "hello",
        "",
    ],
    ids=["another disposition", "no ids", "words", "nothing"],
)
def test_what_asks_for_nothing_or_shows_nobody_leaves_none(deployment: Deployment, body: str) -> None:
    deployment.call_status(body).is_error(400, "invalid_request", "body")

    assert deployment.stack.items() == []


def assert_trace(deployment: Deployment, answer: Answer, call_id: str, *fields: str) -> None:
    answer.is_error(400, "invalid_request", *fields)
    assert seen(deployment, call_id)["not_booked"] == list(fields)


def test_one_that_names_no_call_is_found_by_its_agent(deployment: Deployment) -> None:
    answer = deployment.call_status(known(call_id=...))

    assert_trace(deployment, answer, f"unnamed-{REQUEST_ID}", "call_id")
    (item,) = [each for each in deployment.stack.items() if each["pk"]["S"].startswith("call#")]
    assert (item["agent_id"]["S"], item["open"]["S"]) == (AGENT_ID, "not_booked")


def test_one_that_names_no_agent_is_found_by_its_call(deployment: Deployment) -> None:
    assert_trace(deployment, deployment.call_status(known(agent_id=...)), CALL_ID, "agent_id")


def test_one_of_two_calls_is_found_by_the_first(deployment: Deployment) -> None:
    answer = deployment.call_status(known(CALL_REFERENCE_ID="R-2"))

    assert_trace(deployment, answer, CALL_ID, "call_id")
