"""`data_requests` and the register in this process, as an operator's commands reach them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from commands import holds, person_search
from commands.cli_support import Ask, Output, Session
from commands.target import Target
from convox_clinicea import aws
from tests.support import invented
from tests.support.bookings import AGENT_ID, CALL_ID
from tests.support.deployment import Deployment

CALL = {"call_id": CALL_ID, "agent_id": AGENT_ID}
ASKED = {"mobile": invented.MOBILE, **CALL}
OPERATOR = "arn:aws:sts::123456789012:assumed-role/Privacy/asha"


def ask(deployment: Deployment) -> Ask:
    return lambda order: deployment.function("data_requests").invoke(order)


def session(deployment: Deployment, *, as_json: bool = False) -> Session:
    return Session(Output(as_json=as_json), ask(deployment), "the stack", lambda: OPERATOR)


def carry_out(
    deployment: Deployment,
    mobile: str | None = invented.MOBILE,
    *,
    patient: str | None = None,
    erase: bool = False,
    open_too: bool = False,
    yes: bool = False,
    as_json: bool = False,
) -> int:
    """Show what is held or, with `erase`, show and erase it."""
    person = person_search.about(mobile, patient)
    on_it = session(deployment, as_json=as_json)
    if not erase:
        holds.show(on_it, person)
        return 0
    return holds.carry_out(on_it, person, open_too=open_too, why="asked by the person", yes=yes)


class Here(Target):
    """The stack in this process."""

    def client(self, service: str, read_seconds: int = 60) -> Any:
        assert service == "dynamodb"
        return aws.dynamodb()

    def output(self, name: str) -> str:
        assert name == "DisclosuresTable"
        return self.stack


class WithItsFunctions(Here):
    """The same, whose functions run here too."""

    def __init__(self, deployment: Deployment) -> None:
        super().__init__(deployment.stack.disclosures_table, None)
        self._deployment = deployment

    def invoke(self, function_output: str, payload: object, seconds: int = 60) -> dict[str, Any]:
        assert (function_output, seconds) == ("DataRequestsFunctionName", 60)
        assert isinstance(payload, dict)
        answer: dict[str, Any] = self._deployment.function("data_requests").invoke(payload)
        return answer


class OnePerPage(Here):
    """The same, with a page for each entry."""

    def client(self, service: str, read_seconds: int = 60) -> Any:
        client = super().client(service, read_seconds)
        return SimpleNamespace(query=lambda **question: client.query(**question, Limit=1))
