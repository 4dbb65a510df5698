"""The deployment that a run simulates: read from template.yaml, so that its numbers are not written a second time."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from commands.template import long_form, template
from tests.chaos.queue import QueueSettings
from tests.chaos.table import KeySchema

Json = dict[str, Any]
REGION, ACCOUNT = "ap-south-1", "123456789012"
CLINICEA_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:clinicea-AbCdEf"
PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::StackName": "chaos",
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/chaos/0f0f0f0f-0000-4000-8000-000000000000",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": "",
}


@dataclass(frozen=True)
class FunctionSettings:
    """A function as the template describes it."""

    name: str
    timeout_seconds: float
    environment: Mapping[str, str]
    queue_url: str | None = None
    concurrency: int | None = None
    schedules: tuple[float, ...] = ()
    """Seconds between two runs of each of its schedules."""


@dataclass(frozen=True)
class TableSettings:
    name: str
    schema: KeySchema
    indexes: Mapping[str, KeySchema]


@dataclass
class Stack:
    """Everything that the simulation takes from the template."""

    functions: dict[str, FunctionSettings] = field(default_factory=dict)
    tables: list[TableSettings] = field(default_factory=list)
    queues: list[QueueSettings] = field(default_factory=list)
    dead_letters: dict[str, str] = field(default_factory=dict)
    """Queue address → address of its dead letters."""
    key_ids: list[str] = field(default_factory=list)
    secrets: dict[str, Json] = field(default_factory=dict)


class _Template:
    """The template with its references resolved to the simulation's names."""

    def __init__(self, document: Json, parameters: Mapping[str, object]) -> None:
        self.resources: Json = document["Resources"]
        self.globals: Json = document.get("Globals", {}).get("Function", {})
        self._conditions: Json = document.get("Conditions", {})
        known = document["Parameters"]
        unknown = sorted(set(parameters) - set(known))
        if unknown:
            raise ValueError(f"the template has no parameters {unknown}")
        self._parameters = {name: spec.get("Default", "") for name, spec in known.items()} | dict(parameters)

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.resolve(each) for each in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, given),) = value.items()
            match function:
                case "Ref":
                    return self._named(given)
                case "Fn::GetAtt":
                    return self._attribute(*given)
                case "Fn::Sub":
                    text = given if isinstance(given, str) else given[0]
                    return re.sub(r"\$\{([^}!]+)\}", lambda found: str(self._named(found[1])), text)
                case "Fn::Join":
                    return str(given[0]).join(str(self.resolve(each)) for each in given[1])
                case "Fn::Split":
                    return str(self.resolve(given[1])).split(given[0])
                case "Fn::Select":
                    return self.resolve(given[1])[int(given[0])]
                case "Fn::If":
                    return self.resolve(given[1] if self._holds(self._conditions[given[0]]) else given[2])
        return {name: self.resolve(each) for name, each in value.items()}

    def makes(self, resource: Json) -> bool:
        """Whether the deployment has a resource: its condition holds, if it has one."""
        return "Condition" not in resource or self._holds(self._conditions[resource["Condition"]])

    def _holds(self, condition: Json) -> bool:
        ((function, given),) = condition.items()
        match function:
            case "Fn::Equals":
                one, other = self.resolve(given)
                return str(one) == str(other)
            case "Fn::Not":
                return not self._holds(given[0])
            case "Fn::And":
                return all(self._holds(each) for each in given)
            case "Fn::Or":
                return any(self._holds(each) for each in given)
            case "Condition":
                return self._holds(self._conditions[given])
        raise ValueError(f"condition function {function}")

    def _named(self, name: str) -> Any:
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self._parameters:
            return self._parameters[name]
        if "." in name:
            return self._attribute(*name.split(".", 1))
        match self.resources[name]["Type"]:
            case "AWS::SQS::Queue":
                return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
            case "AWS::SecretsManager::Secret":
                return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf"
            case "AWS::SNS::Topic":
                return f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"
        return name

    def _attribute(self, name: str, attribute: str) -> str:
        if attribute in ("QueueUrl", "TopicArn", "Id"):  # what Ref gives, too
            return str(self._named(name))
        return f"arn:aws:any:{REGION}:{ACCOUNT}:{name}/{attribute}"


def read(parameters: Mapping[str, object]) -> Stack:
    """Return the stack that a deployment of template.yaml with these parameters makes."""
    template = _Template(_document(), {"CliniceaSecretArn": CLINICEA_SECRET, **parameters})
    stack = Stack()
    for name, resource in template.resources.items():
        if not template.makes(resource):
            continue
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::Serverless::Function":
                function = _function(template, properties)
                stack.functions[function.name] = function
            case "AWS::DynamoDB::Table":
                stack.tables.append(_table(name, template.resolve(properties)))
            case "AWS::SQS::Queue":
                stack.queues.append(_queue(template, name, properties, stack.dead_letters))
            case "AWS::KMS::Key":
                stack.key_ids += [name, template.resolve({"Fn::GetAtt": [name, "Arn"]})]
            case "AWS::SecretsManager::Secret":
                stack.secrets[template.resolve({"Ref": name})] = _secret(properties)
    return stack


@cache
def _document() -> Json:
    written: Json = long_form(template())
    return written


def _function(template: _Template, properties: Json) -> FunctionSettings:
    shared = template.globals.get("Environment", {}).get("Variables", {})
    own = properties.get("Environment", {}).get("Variables", {})
    source, schedules = {}, []
    for event in properties.get("Events", {}).values():
        if event["Type"] == "SQS":
            source = event["Properties"]
        elif event["Type"] in ("Schedule", "ScheduleV2"):
            given = event["Properties"]
            schedules.append(_period(str(template.resolve(given.get("Schedule") or given["ScheduleExpression"]))))
    queue = template.resolve({"Ref": source["Queue"]["Fn::GetAtt"][0]}) if source else None
    most = template.resolve(source.get("ScalingConfig", {}).get("MaximumConcurrency", 10)) if source else None
    timeout = template.resolve(properties.get("Timeout", template.globals["Timeout"]))
    told = {name: value for name, value in {**shared, **own}.items() if name != "RELEASED_WITH"}  # read by nobody
    environment = {name: str(value) for name, value in template.resolve(told).items()}
    name = properties["CodeUri"].removeprefix("functions/").strip("/")
    return FunctionSettings(name, float(timeout), environment, queue, most and int(most), tuple(schedules))


def _period(expression: str) -> float:
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    if found:
        return int(found[1]) * {"minute": 60.0, "hour": 3600.0, "day": 86400.0}[found[2]]
    return 86400.0  # a cron expression: nightly, for all that this simulation needs


def _table(name: str, properties: Json) -> TableSettings:
    indexes = {each["IndexName"]: _keys(each) for each in properties.get("GlobalSecondaryIndexes", [])}
    return TableSettings(name, _keys(properties), indexes)


def _keys(properties: Json) -> KeySchema:
    names = {each["KeyType"]: each["AttributeName"] for each in properties["KeySchema"]}
    return KeySchema(names["HASH"], names.get("RANGE"))


def _queue(template: _Template, name: str, properties: Json, dead_letters: dict[str, str]) -> QueueSettings:
    url = template.resolve({"Ref": name})
    redrive = properties.get("RedrivePolicy")
    if redrive:
        dead_letters[url] = template.resolve({"Ref": redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]})
    return QueueSettings(
        url=url,
        visibility_seconds=float(template.resolve(properties.get("VisibilityTimeout", 30))),
        most_receives=int(template.resolve(redrive["maxReceiveCount"])) if redrive else None,
    )


def _secret(properties: Json) -> Json:
    generated = properties.get("GenerateSecretString", {})
    content: Json = json.loads(generated.get("SecretStringTemplate", "{}"))
    return {**content, generated.get("GenerateStringKey", "value"): "chaos " * 12}
