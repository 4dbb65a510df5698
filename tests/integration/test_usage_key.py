"""`./connector usage-key`: a client's own key is in the usage plan before the authorizer names it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from commands import usage_key
from commands.cli_support import Output
from commands.target import LOCAL_REGION, Target
from convox_clinicea.convox.access_tokens import AccessTokens
from tests.support import invented
from tests.support.account import secret
from tests.support.small_server import Reply, Seen, SmallServer, json_reply

pytestmark = pytest.mark.usefixtures("labelled_current")
NORTH = "token-of-the-northern-centre-01"
CONTENT = {"current": invented.TOKEN, "callers": {"north": {"current": NORTH}}}


class Gateway:
    """API Gateway's part of the account: keys, and a usage plan that holds some of them."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self.in_plan: list[str] = []
        self.takes_keys = True

    def __call__(self, seen: Seen) -> Reply:
        body = json.loads(seen.body)
        if seen.path == "/apikeys":
            assert body["enabled"] is True
            self.values.append(body["value"])
            return json_reply({"id": str(len(self.values) - 1)}, 201)
        assert (seen.path, body["keyType"]) == ("/usageplans/plan-1/keys", "API_KEY")
        if not self.takes_keys:
            return Reply(400, b'{"message": "no"}', {"x-amzn-ErrorType": "BadRequestException"})
        self.in_plan.append(self.values[int(body["keyId"])])
        return json_reply({"id": body["keyId"]}, 201)


class Here(Target):
    """The stack in this process; its name is the secret's ARN."""

    def client(self, service: str, read_seconds: int = 60) -> Any:
        make: Any = boto3.client  # its stubs want the service as a literal
        return make(service)

    def output(self, name: str) -> str:
        return {"AccessTokensSecretArn": self.stack, "UsagePlanId": "plan-1"}[name]


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    found = Gateway()
    with SmallServer(found) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_API_GATEWAY", server.url)
        yield found


@pytest.fixture
def stack(gateway: Gateway) -> Here:
    return Here(secret(f"tokens-of-a-plan-{uuid.uuid4()}", json.dumps(CONTENT)), None, region=LOCAL_REGION)


def content(stack: Here) -> Any:
    return json.loads(stack.client("secretsmanager").get_secret_value(SecretId=stack.stack)["SecretString"])


def test_the_secret_names_the_key_that_the_plan_holds(stack: Here, gateway: Gateway) -> None:
    assert usage_key.carry_out(Output(), stack, "north") == 0

    tokens = AccessTokens.from_secret(content(stack))
    assert [tokens.usage_key("north")] == gateway.in_plan
    assert tokens.usage_key("convox") is None
    assert content(stack)["callers"]["north"]["current"] == NORTH


@pytest.mark.parametrize("client", ["south", "convox"])
def test_a_client_that_the_secret_does_not_name_gets_none(
    stack: Here, gateway: Gateway, client: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert usage_key.carry_out(Output(), stack, client) == 1

    assert "there is no client" in capsys.readouterr().err
    assert (content(stack), gateway.values) == (CONTENT, [])


def test_key_that_the_plan_refuses_is_not_named_in_the_secret(stack: Here, gateway: Gateway) -> None:
    gateway.takes_keys = False

    with pytest.raises(ClientError):  # which the command's frame tells
        usage_key.carry_out(Output(), stack, "north")

    assert content(stack) == CONTENT


def test_a_client_has_one(stack: Here, gateway: Gateway) -> None:
    usage_key.carry_out(Output(), stack, "north")
    before = content(stack)

    assert usage_key.carry_out(Output(), stack, "north") == 1

    assert content(stack) == before
    assert len(gateway.in_plan) == 1


def test_on_this_machine_there_is_no_plan(capsys: pytest.CaptureFixture[str]) -> None:
    here = Here("none", "http://127.0.0.1:9", region=LOCAL_REGION)

    assert usage_key.carry_out(Output(), here, "north") == 1
    assert "no usage plan" in capsys.readouterr().err
