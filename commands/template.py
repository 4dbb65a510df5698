"""Reads template.yaml with expanded loops, and the dashboard."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from commands.loops import expanded

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[1]
DASHBOARD = ROOT / "dashboard.json"
_FUNCTIONS = frozenset({"Sub", "If", "Equals", "Not", "And", "Or", "Select", "Split", "Join", "FindInMap"})


class _Loader(yaml.SafeLoader):
    """YAML loader that knows CloudFormation's short tags."""


def _tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    return {suffix: loader.construct_mapping(node, deep=True)} if isinstance(node, yaml.MappingNode) else None


_Loader.add_multi_constructor("!", _tagged)


@cache
def template() -> Json:
    """Return template.yaml with expanded loops and short tags as mappings: `!Ref X` is `{"Ref": "X"}`."""
    return read(ROOT / "template.yaml")


def read(path: Path) -> Json:
    """Return another template file in the form of `template`."""
    loader = _Loader(path.read_text("utf-8"))
    try:
        loaded: Json = loader.get_single_data()
    finally:
        loader.dispose()
    return expanded(loaded)


def long_form(value: Any) -> Any:
    """Return a part of the template with long names of functions, for JSON: `{"Fn::Sub": …}`."""
    if isinstance(value, list):
        return [long_form(each) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name == "GetAtt":
            return {"Fn::GetAtt": argument.split(".", 1)}
        if name in _FUNCTIONS:
            return {f"Fn::{name}": long_form(argument)}
    return {key: long_form(each) for key, each in value.items()}


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
    """Return the dashboard's body with the stack's queue names and the parameters' defaults filled in."""
    parameters = template()["Parameters"]
    names = {f"{name}.QueueName": queue for name, queue in queue_names(stack).items()}

    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(each) for each in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"Ref"}:
            return str(parameters.get(value["Ref"], {}).get("Default", value["Ref"]))
        if set(value) == {"Fn::GetAtt"}:
            return names[".".join(value["Fn::GetAtt"])]
        if set(value) == {"Fn::Join"}:
            separator, parts = value["Fn::Join"]
            return separator.join(filled(parts))
        return {key: filled(each) for key, each in value.items()}

    read: Json = filled(json.loads(DASHBOARD.read_text("utf-8")))
    return read
