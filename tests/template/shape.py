"""Small helpers to read the template with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def of_type(resources: Json, kind: str) -> Json:
    """Return the resources of one type, by logical id."""
    return {name: each for name, each in resources.items() if each["Type"] == kind}


def under(value: Any, **conditions: bool) -> Any:
    """Return what CloudFormation makes of `value` where these conditions hold or not, without what becomes nothing."""
    if isinstance(value, list):
        return [each for each in (under(each, **conditions) for each in value) if each is not None]
    if not isinstance(value, dict):
        return value
    if value == {"Ref": "AWS::NoValue"}:
        return None
    if set(value) == {"Fn::If"} and value["Fn::If"][0] in conditions:
        name, then, otherwise = value["Fn::If"]
        return under(then if conditions[name] else otherwise, **conditions)
    made = {key: under(each, **conditions) for key, each in value.items()}
    return {key: each for key, each in made.items() if each is not None}


def listed(value: Any) -> list[Any]:
    """Return a list where IAM and CloudFormation also take a single value."""
    return value if isinstance(value, list) else [value]


def statements(resources: Json) -> Iterator[tuple[str, Json]]:
    """Yield every statement of the identity policies, with the logical id of its role or policy."""
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for policy in role["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement
    for name, policy in of_type(resources, "AWS::IAM::ManagedPolicy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            # A statement may stand under a condition: [condition, statement, nothing].
            yield name, statement["Fn::If"][1] if "Fn::If" in statement else statement


def actions_of(resources: Json, role: str) -> set[str]:
    """Return all actions that a role allows, those of its shared policies included."""
    shared = {each["Ref"] for each in resources[role]["Properties"]["ManagedPolicyArns"]}
    return {
        action
        for name, statement in statements(resources)
        if name == role or name in shared
        for action in listed(statement["Action"])
    }


def roles_of_functions(resources: Json) -> list[str]:
    """Return the logical ids of the roles that functions have."""
    return sorted(
        each["Properties"]["Role"]["Fn::GetAtt"][0] for each in of_type(resources, "AWS::Lambda::Function").values()
    )
