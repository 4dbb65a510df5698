"""template.yaml as it is written, and the dashboard in it."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[1]


class _Loader(yaml.SafeLoader):
    """Knows CloudFormation's short tags."""


def _tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    return {suffix: loader.construct_mapping(node, deep=True)} if isinstance(node, yaml.MappingNode) else None


_Loader.add_multi_constructor("!", _tagged)


@cache
def template() -> Json:
    """Return template.yaml with its short tags as mappings, `!Ref X` as `{"Ref": "X"}`."""
    loader = _Loader((ROOT / "template.yaml").read_text("utf-8"))
    try:
        loaded: Json = loader.get_single_data()
    finally:
        loader.dispose()
    return loaded


def memory_megabytes(function: str) -> int:
    """Return the memory size of the function in `functions/<function>`."""
    for resource in template()["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function" and properties["CodeUri"] == f"functions/{function}":
            return int(properties.get("MemorySize", template()["Globals"]["Function"]["MemorySize"]))
    raise ValueError(f"the template has no function {function}")


def queue_names(stack: str) -> dict[str, str]:
    """Return the names of a stack's queues, by logical id."""
    resources = template()["Resources"].items()
    queues = {name: each["Properties"] for name, each in resources if each["Type"] == "AWS::SQS::Queue"}
    return {name: each["QueueName"]["Sub"].replace("${AWS::StackName}", stack) for name, each in queues.items()}


def dashboard(stack: str = "convox-clinicea") -> Json:
    """Return the dashboard's body: the stack's names of queues, defaults of parameters, else the reference itself."""
    body = template()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Sub"]
    parameters = template()["Parameters"]
    names = {f"{name}.QueueName": queue for name, queue in queue_names(stack).items()}

    def value(reference: re.Match[str]) -> str:
        name = reference[1]
        return names.get(name) or str(parameters.get(name, {}).get("Default", name))

    read: Json = json.loads(re.sub(r"\$\{(?!!)([^}]+)\}", value, body).replace("${!", "${"))
    return read
