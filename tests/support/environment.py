"""The functions' environment variables, with what the template gives them by default."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from commands.template import template

MADE = "https://made.invalid"
"""What stands for a name or an ARN that CloudFormation makes."""
Json = dict[str, Any]


EACH_ITS_OWN = ("POWERTOOLS_SERVICE_NAME", "RELEASED_WITH")
"""Variables that differ between the functions."""


@cache
def defaults() -> Mapping[str, str]:
    """The variables of all functions together, but for those in which they differ."""
    found = with_defaults(template()["Globals"]["Function"]["Environment"]["Variables"])
    for each in _functions():
        found |= with_defaults(each["Environment"]["Variables"])
    return {name: value for name, value in found.items() if name not in EACH_ITS_OWN}


def with_defaults(variables: Json) -> dict[str, str]:
    """The variables as a deployment without parameters of its own sets them."""
    return {name: _default(value) for name, value in variables.items()}


def _default(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    if "Fn::If" in value and value["Fn::If"][0] == "HasDesk":  # off by default
        return _default(value["Fn::If"][2])
    return str(template()["Parameters"].get(value.get("Ref"), {}).get("Default", MADE))


def routes() -> Mapping[tuple[str, str], str]:
    """The function behind each route, by verb and path."""
    return {
        (event["Properties"]["Method"], event["Properties"]["Path"]): each["CodeUri"].rpartition("/")[2]
        for each in _functions()
        for event in each.get("Events", {}).values()
        if event["Type"] == "Api"
    }


def _functions() -> list[Json]:
    resources = template()["Resources"].values()
    return [each["Properties"] for each in resources if each["Type"] == "AWS::Serverless::Function"]
