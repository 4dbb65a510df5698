"""`connector smoke`: a deployment that answers otherwise than it should is noticed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest

from commands.api import Api, NoAnswer
from commands.cli_support import Output
from commands.smoke import Check, of_the_api, of_the_stack, run, runs_before, token_in
from commands.target import Target
from convox_clinicea.convox.access_tokens import AccessTokens, policy_for
from tests.support import events, invented
from tests.support.small_server import Reply, Seen, SmallServer, json_reply

TOKEN = "a-token"
Answers = dict[str, tuple[int, Any]]


class Gateway(BaseHTTPRequestHandler):
    """Answers as the deployed API does, but for what a test changes."""

    changed: ClassVar[Answers] = {}
    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer()

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        self.seen.append(f"{self.command} {path}")
        status, body = self._usual(path)
        if self.headers.get("Access-Token") == TOKEN:
            status, body = self.changed.get(path, (status, body))
        elif "unauthorized" in self.changed:
            status, body = self.changed["unauthorized"]
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _usual(self, path: str) -> tuple[int, Any]:
        if self.headers.get("Access-Token") != TOKEN:
            return 401, {"code": "unauthorized"}
        if path == "/patients/search":
            return 200, {"match": "none"}
        if path.startswith(("/patients/", "/appointments")):
            return 400, {"code": "invalid_request"}
        return 404, {"code": "not_found"}

    def log_message(self, *_args: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def api() -> Iterator[Api]:
    Gateway.changed, Gateway.seen = {}, []
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield Api(f"http://127.0.0.1:{server.server_port}", "Access-Token", TOKEN)
    server.shutdown()
    thread.join()
    server.server_close()


def failed(checks: list[Check]) -> int:
    return sum(not each["ok"] for each in run(Output(), checks))


def failures(api: Api) -> int:
    return failed(list(of_the_api(api, "+919999900099")))


def test_a_deployment_that_answers_as_it_should_passes(api: Api) -> None:
    assert failures(api) == 0
    assert "POST /appointments" in Gateway.seen


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("unauthorized", (200, {"match": "none"}), "a request without an access token is rejected: answered 200"),
        ("/patients/search", (503, {"code": "clinicea_unavailable"}), "answered 503 clinicea_unavailable"),
        ("/patients/search", (200, {"match": "one"}), "a patient has that number"),
        ("/patients/search", (200, b"<html>"), "not JSON"),
        ("/appointments", (202, {"booking_id": "bk_x"}), "POST /appointments"),
        ("/no-such-route", (403, {"message": "Missing Authentication Token"}), "GET /no-such-route"),
        (f"/bookings/bk_{'a' * 26}", (500, {"code": "internal"}), "answered 500 internal"),
    ],
)
def test_one_that_answers_otherwise_fails(
    api: Api, path: str, answer: tuple[int, Any], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Gateway.changed[path] = answer

    assert failures(api) >= 1

    out = capsys.readouterr().out
    assert "FAILED" in out
    assert said in out
    assert TOKEN not in out


@pytest.mark.parametrize("header", ["Access-Token", "X-ConVox-Token", "Authorization"])
def test_the_token_goes_as_the_authorizer_takes_it(header: str) -> None:
    tokens = AccessTokens.from_secret({"current": invented.TOKEN})

    def answers(request: Seen) -> Reply:
        decided = policy_for(events.authorizer(dict(request.headers)), tokens, header)
        effect = decided["policyDocument"]["Statement"][0]["Effect"]
        return json_reply({"code": None if effect == "Allow" else "unauthorized"}, 200 if effect == "Allow" else 401)

    with SmallServer(answers) as server:
        api = Api(server.url, header, invented.TOKEN)
        statuses = [api.call("GET", "/x", token=token).status for token in (None, "", invented.TOKEN[:-1])]

    assert statuses == [200, 401, 401]
    assert invented.TOKEN not in repr(api)


@pytest.mark.parametrize(
    ("secret", "token"),
    [
        ({"current": "one", "callers": {"north": {"current": "two"}}}, "one"),
        ({"callers": {"south": {"current": "three"}, "north": {"current": "two"}}}, "two"),
    ],
)
def test_where_all_callers_are_named_one_of_them_tries(secret: dict[str, Any], token: str) -> None:
    assert token_in(secret) == token


@pytest.mark.parametrize("raw", [b"[]", b"null", b'"text"', b"", b"\xff"])
def test_an_answer_that_is_no_object_is_none(raw: bytes) -> None:
    with SmallServer(lambda _: Reply(200, raw)) as server, pytest.raises(NoAnswer, match="not JSON"):
        Api(server.url, "Access-Token", TOKEN).call("GET", "/x")


def test_one_that_does_not_answer_fails(capsys: pytest.CaptureFixture[str]) -> None:
    checks = list(of_the_api(Api("http://127.0.0.1:9", "Access-Token", TOKEN), "+919999900099"))

    assert failed(checks) == len(checks)

    assert "no answer" in capsys.readouterr().out


class SixAlarms(Target):
    """A stack of which only its six alarms can be asked for."""

    def client(self, service: str, read_seconds: int = 60) -> Any:
        return {"cloudformation": self, "cloudwatch": self}[service]

    def get_paginator(self, _operation: str) -> Any:
        return self

    def paginate(self, StackName: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - boto3's name
        assert StackName == self.stack
        kind = "AWS::CloudWatch::Alarm"
        yield {"StackResourceSummaries": [{"ResourceType": kind, "PhysicalResourceId": f"alarm-{n}"} for n in range(6)]}

    def describe_alarms(self, AlarmNames: list[str]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        return {"MetricAlarms": [{"AlarmName": name} for name in AlarmNames]}


@pytest.mark.parametrize(
    ("local", "remark"), [({"alarms_left_out": 9}, "6 of 15 on this machine"), ({}, "6 alarms"), (None, "6 alarms")]
)
def test_alarms_unknown_to_the_embedded_aws_are_reported(local: dict[str, Any], remark: str) -> None:
    checks = dict(of_the_stack(SixAlarms("a-stack", None, local), ""))

    assert checks["the alarms exist and are enabled"]() == remark


def configured(**changed: object) -> dict[str, Any]:
    usual = {
        "CodeSha256": "abc",
        "Layers": [{"Arn": "arn:layer:1"}],
        "RELEASED_WITH": '["", "2"]',
        "SETTLE_SECONDS": "120",
    }
    now = usual | changed
    variables = {name: now.pop(name) for name in ("RELEASED_WITH", "SETTLE_SECONDS")}
    return {**now, "Environment": {"Variables": variables}}


@pytest.mark.parametrize(
    ("changed", "before"),
    [
        ({}, False),
        ({"CodeSha256": "def"}, True),
        ({"Layers": [{"Arn": "arn:layer:2"}]}, True),
        ({"RELEASED_WITH": '["", "3"]'}, True),
        ({"SETTLE_SECONDS": "60"}, False),  # a variable of all functions that this one does not read
    ],
)
def test_a_version_of_the_release_before_is_known(changed: dict[str, object], *, before: bool) -> None:
    assert runs_before(configured(), configured(**changed)) is before
