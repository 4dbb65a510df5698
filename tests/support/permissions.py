"""What the functions ask of AWS while tests run them, and whether the template's roles allow it: both ways.

Every call of a function's own clients is noted where botocore builds it, under the logical id that the template has for
what it concerns. Nothing is written down by hand: a function, a table or a queue that is added is seen by itself.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import boto3
from botocore.handlers import BUILTIN_HANDLERS

from tests.support import template
from tests.template.shape import listed, of_type, statements_of

Json = dict[str, Any]
CALLING: ContextVar[str | None] = ContextVar("the function that runs", default=None)
IN_TRANSACTION = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}
ITEMS = "dynamodb:LeadingKeys"
MANAGE = "execute-api:ManageConnections"
VERBS = {"PostToConnection": "POST", "GetConnection": "GET", "DeleteConnection": "DELETE"}
SOCKETS = "DESK_SOCKETS"
"""The variable with the address of the WebSocket API. Its management API has one action, and the verb in its ARNs."""
BY_LAMBDA_ITSELF = ("logs:", "xray:")
BY_THE_EVENT_SOURCE = frozenset({"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"})
BY_ANOTHER_SERVICE = "kms:ViaService"
"""A key that a service uses in the role's name; such a call is the service's, and never seen here."""


@dataclass(frozen=True)
class Use:
    """One call: a function's action, the variable that says on what, and what conditions may ask for."""

    function: str
    action: str
    variable: str
    index: str = ""
    key: str = ""
    item: str = ""


USED: set[Use] = set()
"""All calls of this run of the tests."""


@contextmanager
def running(function: str) -> Iterator[None]:
    """What is called inside the block is the function's."""
    token = CALLING.set(function)
    try:
        yield
    finally:
        CALLING.reset(token)


def watch() -> None:
    """Note the calls of every client that is made from now on, of whatever session."""
    handler = ("provide-client-params", _note)
    if handler not in BUILTIN_HANDLERS:
        BUILTIN_HANDLERS.append(handler)
    boto3.setup_default_session()  # one that was made before does not have it


@contextmanager
def not_judged() -> Iterator[None]:
    """What is called inside the block is no work of the product's."""
    before = set(USED)
    yield
    USED.intersection_update(before)


def _note(params: Json, model: Any, **_event: object) -> None:
    function = CALLING.get()
    if function is not None:
        USED.update(_uses(function, str(model.service_model.service_name), str(model.name), params))


def _uses(function: str, service: str, operation: str, params: Json) -> Iterator[Use]:
    if operation == "TransactWriteItems":
        for item in params["TransactItems"]:
            ((kind, given),) = item.items()
            yield Use(function, IN_TRANSACTION[kind], _variable(given["TableName"]), key=_key(given))
        return
    if service == "apigatewaymanagementapi":
        yield Use(function, MANAGE, SOCKETS, index=VERBS[operation])
        return
    named = (
        params.get(name)
        for name in ("TableName", "QueueUrl", "TopicArn", "SecretId", "KeyId", "Name", "UserPoolId", "Key")
    )
    about = next((value for value in named if isinstance(value, str)), "")
    yield Use(
        function,
        f"{service}:{operation}",
        _variable(about),
        index=params.get("IndexName", ""),
        key=_key(params) if service == "dynamodb" else "",
        item=_kind(params.get("EncryptionContext", {}).get("item", "")),
    )


def _key(params: Json) -> str:
    attributes = params.get("Key") or params.get("Item") or {}
    first: Json = next((attributes[name] for name in ("pk", "subject") if name in attributes), {})
    return _kind(str(first.get("S", "")))


def _kind(key: str) -> str:
    """What follows the kind is another each time, and no condition asks for it."""
    return re.sub(r"#.*", "#…", key)


def _variable(value: str) -> str:
    """Return the variable that told the function of this, "" for none; a document is named by part of its variable."""
    for name, given in os.environ.items():
        if value and (given == value or (given.startswith(("ssm:", "s3:")) and given.endswith(value))):
            return name
    return ""


@dataclass(frozen=True)
class Grant:
    """One action that one statement allows a function, on one resource."""

    function: str
    action: str
    resource: str
    conditions: str

    def covers(self, use: Use, resource: str) -> bool:
        """Whether the use is allowed by this."""
        same = (self.function, self.action, self.resource) == (use.function, use.action, resource)
        return same and all(_holds(*each, use) for each in _conditions(self.conditions))


def functions() -> dict[str, Json]:
    """Return the properties of each function of the template, by its service name."""
    made = of_type(template.resources(), "AWS::Lambda::Function").values()
    return {
        each["Properties"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]: each["Properties"] for each in made
    }


def grants() -> list[Grant]:
    """Return what the template allows each function for calls of its own."""
    resources = template.resources()
    return [
        Grant(name, action, resource, json.dumps(condition, sort_keys=True))
        for name, properties in functions().items()
        for statement in statements_of(resources, properties["Role"]["Fn::GetAtt"][0])
        if BY_ANOTHER_SERVICE not in json.dumps(statement)
        for action in listed(statement["Action"])
        if not action.startswith(BY_LAMBDA_ITSELF)
        for resource in map(_resource, listed(statement["Resource"]))
        for condition in _item_by_item(statement.get("Condition", {}))
    ]


def _item_by_item(condition: Json) -> Iterator[Json]:
    """Yield a condition for each kind of item that a statement names: none of them is allowed and never used."""
    for operator, tested in condition.items():
        if ITEMS in tested:
            for pattern in listed(tested[ITEMS]):
                yield condition | {operator: tested | {ITEMS: [pattern]}}
            return
    yield condition


def resource_of(use: Use) -> str:
    """Return the logical id of what a call was about, by the variable that the template sets for it."""
    if use.action == "ssm:GetParameter":
        return "parameter"
    if use.action == "s3:GetObject":
        return "object"
    value = functions()[use.function]["Environment"]["Variables"].get(use.variable)
    if value is None:
        return "something that no variable of its own names"
    if use.action == MANAGE:
        return f"{_resource(value)}/{use.index}"
    return _resource(value) + (f"/index/{use.index}" if use.index else "")


def _resource(value: Any) -> str:
    if "Fn::If" in value:
        return _resource(value["Fn::If"][1])
    if "Fn::Sub" in value:
        text = str(value["Fn::Sub"])
        for part, name in ((":parameter/", "parameter"), (":s3:::", "object")):
            if part in text:
                return name
        connections = re.search(r"\$\{(\w+)\}/\$\{\w+\}/(\w+)/@connections/", text)
        if connections is not None:
            return f"{connections[1]}/{connections[2]}"
        if text.startswith("https://${"):
            return text.removeprefix("https://${").partition("}")[0]
        return re.sub(r"\$\{(\w+)\.Arn\}", r"\1", text)
    return str(value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0])


def _conditions(text: str) -> Iterator[tuple[str, str, list[str]]]:
    for operator, tested in json.loads(text).items():
        for name, patterns in tested.items():
            yield operator, name, listed(patterns)


def _holds(operator: str, name: str, patterns: list[str], use: Use) -> bool:
    value = {ITEMS: use.key, "kms:EncryptionContext:item": use.item}[name]
    if operator.endswith("StringLike"):
        return any(fnmatchcase(value, pattern) for pattern in patterns)
    if operator.endswith("StringEquals"):
        return value in patterns
    raise AssertionError(f"a condition that this test cannot judge: {operator}")
