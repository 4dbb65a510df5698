"""A status callback that is not stored: nobody sends it again, so metric and log name it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support import invented
from tests.support.account import document
from tests.support.bookings import AGENT_ID, CALL_ID
from tests.support.call_ends import known, new
from tests.support.deployment import Deployment

AWAY = {
    "the ledger": {"LEDGER_TABLE": "no-such-table"},
    "the queue": {"QUEUE_URL": "https://sqs.ap-south-1.amazonaws.com/123456789012/no-such-queue"},
    "the key": {"KMS_KEY_ARN": "alias/nowhere"},
    "the identity secret": {"IDENTITY_SECRET_ARN": "arn:aws:secretsmanager:ap-south-1:123456789012:secret:none"},
    "the call table": {"CALL_TABLE": "ssm:/no/such/parameter"},
    "the dialect": {"DIALECT": "ssm:/no/such/parameter"},
}


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]


def counts(written: list[dict[str, Any]], name: str) -> list[float]:
    return [value for line in written for value in line.get(name, ())]


@pytest.mark.parametrize("away", AWAY)
def test_one_that_is_not_stored_is_counted(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], away: str
) -> None:
    deployment.configure(**AWAY[away])

    assert deployment.call_status(known()).status in (500, 503)

    written = lines(capsys)
    assert (counts(written, "CallStatusReceived"), counts(written, "CallStatusFailed")) == ([1], [1])


def test_its_failure_is_logged_with_call_and_agent(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    deployment.configure(LEDGER_TABLE="no-such-table")

    deployment.call_status(known()).is_error(503, "not_stored")

    (failed,) = [line for line in lines(capsys) if line.get("message") == "request failed"]
    assert (failed["level"], failed["code"]) == ("ERROR", "not_stored")
    assert (failed["call_id"], failed["agent_id"]) == (CALL_ID, AGENT_ID)


@pytest.mark.parametrize("away", ["the call table", "the dialect"])
@pytest.mark.parametrize("broken", [False, True])
def test_call_and_agent_are_logged_with_unreadable_documents(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], away: str, broken: bool
) -> None:
    deployment.configure(**AWAY[away])

    deployment.call_status(json.dumps(known())[: -5 if broken else None]).is_error(503, "not_stored")

    named = [line for line in lines(capsys) if line.get("message") in ("status callback received", "request failed")]
    assert len(named) == 2
    assert {(line["call_id"], line["agent_id"]) for line in named} == {(CALL_ID, AGENT_ID)}


def test_number_is_masked_with_unreadable_documents(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    deployment.configure(DIALECT="ssm:/no/such/parameter")

    deployment.call_status(known(call_id=invented.NATIONAL, agent_id=invented.MOBILE)).is_error(503, "not_stored")

    assert not invented.leaks(capsys.readouterr().out)


def test_it_is_logged_and_counted_before_the_first_write(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[dict[str, Any]]] = []

    class Killed(BaseException):
        """Lambda ends the function here."""

    def ended(*_: object) -> None:
        seen.append(lines(capsys))
        raise Killed

    function = deployment.function("call_status")
    monkeypatch.setattr("convox_clinicea.table.Table.get", ended)

    with pytest.raises(Killed):
        deployment.call_status(known())

    (before,) = seen
    assert counts(before, "CallStatusReceived") == [1]
    (line,) = [line for line in before if line.get("message") == "status callback received"]
    assert (line["level"], line["call_id"], line["agent_id"]) == ("INFO", CALL_ID, AGENT_ID)
    assert function is deployment.function("call_status"), "it was this one that ran"
    assert counts(lines(capsys), "CallStatusFailed") == [1]


@pytest.mark.parametrize(
    ("body", "status"),
    [(known(), 202), (known(clinic_id=...), 400), (new(consent=...), 400), (known(call_id=...), 400)],
    ids=["booked", "kept", "no consent", "no call"],
)
def test_one_that_is_stored_or_refused_is_no_failure(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], body: dict[str, Any], status: int
) -> None:
    assert deployment.call_status(body).status == status

    written = lines(capsys)
    assert (counts(written, "CallStatusReceived"), counts(written, "CallStatusFailed")) == ([1], [])


def test_kept_callback_the_dialect_cannot_make_is_not_failed(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.configure(CALL_TABLE=document({"schema": 2, "flows": {"book_new": "modern"}}))

    deployment.call_status(new()).is_error(502, "clinicea_rejected")

    written = lines(capsys)
    assert (counts(written, "CallNotBooked"), counts(written, "CallStatusFailed")) == ([1], [])


def test_the_next_callback_s_lines_do_not_name_this_call(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment.call_status(known(call_id="CALL-first"))
    lines(capsys)

    deployment.call_status(known(call_id=...))

    assert "CALL-first" not in str(lines(capsys))


@pytest.mark.parametrize("field", ["call_id", "agent_id"])
def test_a_number_that_was_made_an_id_is_masked(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], field: str
) -> None:
    deployment.call_status(known(**{field: f"x-{invented.MOBILE}"}))

    (line,) = [line for line in lines(capsys) if line.get("message") == "status callback received"]
    assert line[field] == "[personal]"
