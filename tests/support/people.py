"""`./connector people` on a stack in this process, and people who are signed in at its desk."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from commands import people_actions
from commands.cli_support import Output
from commands.people_actions import Wanted
from commands.target import NoOutput, Target
from convox_clinicea import aws
from convox_clinicea.deadline import SystemClock
from convox_clinicea.desk.sessions import Person, Sessions
from convox_clinicea.table import Table
from tests.support.user_pool import POOL

OPERATOR = "arn:aws:sts::123456789012:assumed-role/Desk/omar"
DESK = "https://desk.example/desk"
LEFT = "has left, ticket 7"


class Here(Target):
    """A stack in this process: its name is that of its table, and `region` the user pool's id."""

    def client(self, service: str, read_seconds: int = 60) -> Any:
        make: Any = boto3.client  # its stubs want the service as a literal
        return aws.dynamodb() if service == "dynamodb" else make(service)

    def output(self, name: str) -> str:
        outputs = {"LedgerTable": self.stack, "DeskUserPoolId": self.region, "DeskAddress": DESK * bool(self.profile)}
        if not outputs.get(name):
            raise NoOutput(name)
        return outputs[name]

    def caller(self) -> str:
        return OPERATOR


def stack_of(table: str, *, pool: bool = True) -> Here:
    """A stack with a desk, and with a user pool or another provider."""
    return Here(table, None, region=POOL if pool else "", profile="has a desk")


def do(target: Here, action: str, user: str = "", *, as_json: bool = False, **more: str) -> int:
    return people_actions.carry_out(Output(as_json=as_json), target, Wanted(action, user, **more))


def add(target: Here, user: str = "asha", agent_id: str = "agent-7", **more: str) -> int:
    wanted = Wanted("add", user, name="Asha Demo", agent_id=agent_id, **more)
    return people_actions.carry_out(Output(), target, wanted)


def sessions(target: Here) -> Sessions:
    return Sessions(Table(aws.dynamodb(), target.stack), SystemClock())


def signed_in(target: Here, subject: str, agent_id: str = "agent-7") -> str:
    cookie, _ = sessions(target).begin(Person(subject, agent_id, frozenset({"agents"}), "Asha Demo"))
    return cookie


def listed(target: Here, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert do(target, "list", as_json=True) == 0
    people: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["people"]
    return people


def acts(target: Here, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str, str]]:
    capsys.readouterr()
    assert do(target, "acts", as_json=True) == 0
    told = json.loads(capsys.readouterr().out)["acts"]
    assert {each["who"] for each in told} <= {OPERATOR}
    return [(each["what"], each["user"], each.get("why", "")) for each in told]
