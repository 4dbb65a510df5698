"""No log line of any flow, at DEBUG, says a word about a person or a secret."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from convox_clinicea import aws
from convox_clinicea.bookings.calendar import Calendar
from convox_clinicea.lookups import search
from tests.support import events, invented
from tests.support.bookings import AGENT_ID, CALL_ID, in_days, known_body, new_body
from tests.support.deployment import Deployment

CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}
ASKED = {"mobile": invented.MOBILE, **CALL}
POST, CREATE = "postAppointmentByPatientID", "postAppointment"
SEARCH, LOOK = "searchPatientByMobileNumber", "getAppointmentsByPatient"


class Said:
    """What went to the log and to standard output and error since the test began."""

    def __init__(self, output: pytest.CaptureFixture[str], records: pytest.LogCaptureFixture) -> None:
        self._output = output
        self._records = records

    def everything(self) -> str:
        captured = self._output.readouterr()
        # Lambda's own root handler writes a record's text and traceback: so does caplog's.
        return captured.out + captured.err + self._records.text


@pytest.fixture
def said(deployment: Deployment, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Said:
    caplog.set_level(logging.DEBUG)
    deployment.configure(POWERTOOLS_LOG_LEVEL="DEBUG", CLINICEA_AUTHENTICATION="staff_session")
    return Said(capsys, caplog)


def test_look_ups(deployment: Deployment, said: Said) -> None:
    deployment.search(ASKED)
    visits = [{"clinic_id": "C-01", "start": "2024-01-02T10:00:00", "status": "Check Out"}]
    deployment.fake.add_patient(**invented.patient(patient_id="P-41", appointments=visits))
    deployment.search(ASKED)
    deployment.completed("P-41", CALL)
    deployment.fake.add_patient(**invented.child())
    assert deployment.search(ASKED).body["match"] == "many"
    deployment.search_by_get({"mobile": invented.NATIONAL, **CALL})
    for fault in ({"status": 400}, {"status": 401}, {"status": 403}, {"status": 404}, {"status": 429}, {"status": 500}):
        deployment.fake.fault(SEARCH, "status", body=f"{invented.FIRST_NAME} {invented.NATIONAL}", count=3, **fault)
        deployment.search(ASKED)
        deployment.fake.clear_faults()
    for kind in ("html", "reset_before", "reset_after"):
        deployment.fake.fault(SEARCH, kind, count=3)
        assert deployment.search(ASKED).status == 503

    text = said.everything()
    assert "request failed" in text
    assert "CliniceaLatency" in text
    assert invented.leaks(text) == []


def test_bookings_from_acceptance_to_their_end(deployment: Deployment, said: Said) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    known = known_body(mobile=invented.MOBILE)
    deployment.book_known("P-41", known)
    deployment.book_known("P-41", known | {"notes": invented.ADDRESS})
    deployment.book_new(new_body(mobile=invented.OTHER_MOBILE, start=in_days(5).isoformat()))
    for fault in ({"kind": "status", "status": 403}, {"kind": "reset_after"}):
        deployment.fake.fault(POST, count=1, **fault)
        deployment.fake.fault(CREATE, count=1, **fault)
    for _ in range(6):
        waiting = [deployment.deliver()]
        for each in waiting:
            if each.comes_again:
                deployment.hurry(each)

    text = said.everything()
    assert "booking waits" in text
    assert "booking worked" in text
    assert invented.leaks(text) == []
    assert "9999900043" not in text


@pytest.mark.parametrize("route", ["search", "known", "new"])
def test_input_that_is_refused(deployment: Deployment, said: Said, route: str) -> None:
    canary = f"{invented.FIRST_NAME} {invented.NATIONAL} {invented.NOTES}"
    post: Any = {
        "search": deployment.search,
        "known": lambda body: deployment.book_known(canary, body),
        "new": deployment.book_new,
    }[route]
    good = {"search": ASKED, "known": known_body(), "new": new_body()}[route]
    for field in new_body():
        for value in (canary, [canary], {canary: canary}, canary * 20, canary + "\x00"):
            post(good | {field: value})
    post(canary)
    post(canary.encode() + b"\xff")
    post(good | {canary: canary})
    deployment.completed(canary, {**CALL, "limit": canary, canary: canary})
    deployment.status(canary)
    deployment.function("booking_status")(events.gateway("GET", f"/{canary}"))

    text = said.everything()
    assert invented.leaks(text) == []


def test_an_error_that_nobody_foresaw(deployment: Deployment, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError(f"cannot show {invented.FIRST_NAME} {invented.NATIONAL}")

    monkeypatch.setattr(search, "match", broken)

    answer = deployment.search(ASKED)

    answer.is_error(500, "internal")
    text = said.everything()
    assert '"error":"ValueError"' in text
    assert "test_flows.py" in text, "the place is told"
    assert invented.leaks(text + str(answer.body)) == []


def test_a_message_that_nobody_foresaw(deployment: Deployment, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError(f"cannot read {invented.FIRST_NAME} {invented.NATIONAL}")

    monkeypatch.setattr(Calendar, "read", broken)
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    deployment.book_known("P-41", known_body())

    assert deployment.deliver().comes_again

    text = said.everything()
    assert "message failed" in text
    assert '"error":"ValueError"' in text
    assert invented.leaks(text) == []


def test_a_record_that_cannot_be_read(deployment: Deployment, said: Said) -> None:
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))
    booking_id = deployment.book_known("P-41", known_body()).body["booking_id"]
    aws.dynamodb().update_item(
        TableName=deployment.stack.table,
        Key={"pk": {"S": f"booking#{booking_id}"}},
        UpdateExpression="SET #s = :s",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":s": {"S": invented.FIRST_NAME}},
    )

    assert deployment.deliver().comes_again

    text = said.everything()
    assert "booking waits" in text
    assert '"error":"UnreadableRecord"' in text
    assert invented.leaks(text) == []


def test_dead_letters(deployment: Deployment, said: Said) -> None:
    body = json.dumps({"v": 1, "name": invented.FIRST_NAME})
    aws.sqs().send_message(QueueUrl=deployment.stack.queue_url, MessageBody=body)

    assert deployment.deliver().acknowledged

    text = said.everything()
    assert "message buried" in text
    assert invented.leaks(text) == []


@pytest.mark.parametrize("token", [invented.TOKEN, invented.OLD_TOKEN, f"{invented.TOKEN}x", None])
def test_the_authorizer(deployment: Deployment, said: Said, token: str | None) -> None:
    deployment.function("authorizer").invoke(events.authorizer({"Access-Token": token} if token else {}))

    assert invented.leaks(said.everything()) == []


def test_no_environment_variable_turns_whole_events_on(deployment: Deployment, said: Said) -> None:
    deployment.configure(POWERTOOLS_LOGGER_LOG_EVENT="true")
    deployment.fake.add_patient(**invented.patient(patient_id="P-41"))

    deployment.search(ASKED)
    deployment.search_by_get({"mobile": invented.NATIONAL, **CALL})
    deployment.completed("P-41", CALL)
    deployment.book_known("P-41", known_body())
    deployment.book_new(new_body())
    deployment.deliver()
    deployment.function("authorizer").invoke(events.authorizer({"Access-Token": invented.TOKEN}))

    assert invented.leaks(said.everything()) == []


def test_a_clinicea_that_cannot_be_reached(deployment: Deployment, said: Said) -> None:
    deployment.configure(CLINICEA_URL="http://127.0.0.1:9")

    deployment.search(ASKED).is_error(503, "clinicea_unavailable")

    text = said.everything()
    assert invented.leaks(text) == []
    assert "loginUserName" not in text
