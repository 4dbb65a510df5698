"""`connector invoke`: one function of the local stack, with an event that holds today."""

from __future__ import annotations

import base64
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from commands import target
from commands.__main__ import main
from commands.target import Target

NEW_TOKEN = "t" * 48


class Lambda:
    """Knows two functions, and keeps what they are called with."""

    def __init__(self, *, fails: bool = False) -> None:
        self.called: list[dict[str, Any]] = []
        self.fails = fails

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_functions"
        functions = [
            {"FunctionName": f"physical-{name}", "LoggingConfig": {"LogGroup": f"/aws/lambda/stack/{name}"}}
            for name in ("book_appointment", "search_patient")
        ]
        return SimpleNamespace(paginate=lambda: [{"Functions": functions[:1]}, {"Functions": functions[1:]}])

    def invoke(self, **arguments: Any) -> dict[str, Any]:
        self.called.append(arguments)
        answer = {"statusCode": 200, "body": json.dumps({"match": "one"})}
        failed = {"FunctionError": "Unhandled"} if self.fails else {}
        log = base64.b64encode(b"a line of its log\n").decode()
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), "LogResult": log, **failed}


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "stack.json"
    file.write_text(json.dumps({"aws_endpoint_url": "http://127.0.0.1:9", "access_token": NEW_TOKEN}))
    monkeypatch.setattr(target, "STACK_FILE", file)
    return file


@pytest.fixture
def functions(served: Path, monkeypatch: pytest.MonkeyPatch) -> Lambda:
    known, local = Lambda(), json.loads(served.read_text())
    monkeypatch.setattr(Target, "client", lambda _self, _service, _seconds: known)
    monkeypatch.setattr(Target, "find", classmethod(lambda cls, _stack: cls("", "http://127.0.0.1:9", local)))
    return known


def test_a_function_s_answer_and_log_are_printed(functions: Lambda, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["invoke", "search_patient"]) == 0

    (called,) = functions.called
    assert (called["FunctionName"], called["LogType"]) == ("physical-search_patient", "Tail")
    assert NEW_TOKEN in called["Payload"], "the sample's token is the stack's"
    answer, log = capsys.readouterr().out.split("--- log\n")
    assert json.loads(answer) == {"statusCode": 200, "body": {"match": "one"}}
    assert log == "a line of its log\n"


def test_a_file_of_one_s_own_is_sent(functions: Lambda, tmp_path: Path) -> None:
    mine = tmp_path / "mine.json"
    mine.write_text('{"body": "{}"}')

    assert main(["invoke", "book_appointment", "--event", str(mine)]) == 0
    assert json.loads(functions.called[0]["Payload"]) == {"body": "{}"}


def test_an_error_of_the_function_is_an_error_of_the_command(
    functions: Lambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(functions, "fails", True)
    assert main(["invoke", "search_patient"]) == 1


@pytest.mark.usefixtures("served")
def test_an_event_that_is_not_json_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.json").write_text("{")
    assert main(["invoke", "search_patient", "--event", str(tmp_path / "bad.json")]) == 2
    assert "bad.json cannot be read as JSON" in capsys.readouterr().err


def test_without_a_stack_on_this_machine_aws_is_not_asked(
    served: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served.unlink()
    monkeypatch.setattr(Target, "on_aws", lambda *_: pytest.fail("AWS was looked for"))
    assert main(["invoke", "search_patient"]) == 2
    assert "`make run` starts one" in capsys.readouterr().err


def test_a_sample_event_comes_as_of_now(functions: Lambda) -> None:
    assert main(["invoke", "book_appointment"]) == 0

    body = json.loads(json.loads(functions.called[0]["Payload"])["body"])
    assert datetime.fromisoformat(body["start"]).date() > datetime.now(UTC).date()
