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
    if set(value) == {"Fn::If"}:
        name, then, otherwise = value["Fn::If"]
        if name in conditions:
            return under(then if conditions[name] else otherwise, **conditions)
        kept = [each if each == {"Ref": "AWS::NoValue"} else under(each, **conditions) for each in (then, otherwise)]
        return {"Fn::If": [name, *kept]}
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
    for name, policy in policies(resources).items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            # A statement may stand under a condition: [condition, statement, nothing].
            yield name, statement["Fn::If"][1] if "Fn::If" in statement else statement


def policies(resources: Json) -> Json:
    """Return the policies that name the roles that they are for."""
    return of_type(resources, "AWS::IAM::ManagedPolicy") | of_type(resources, "AWS::IAM::Policy")


def holders(resources: Json, policy: str) -> set[str]:
    """Return the roles that a policy is for."""
    return {each["Ref"] for each in resources[policy]["Properties"]["Roles"]}


def statements_of(resources: Json, role: str) -> list[Json]:
    """Return all that a role allows where the stack has no key of its own."""
    held = {name for name, each in policies(resources).items() if "Condition" not in each}
    held = {name for name in held if role in holders(resources, name)} | {role}
    return [statement for name, statement in statements(resources) if name in held]


def actions_of(resources: Json, role: str) -> set[str]:
    """Return all actions that a role allows, those of its shared policies included."""
    return {action for statement in statements_of(resources, role) for action in listed(statement["Action"])}


def roles_of_functions(resources: Json) -> list[str]:
    """Return the logical ids of the roles that functions have."""
    return sorted(
        each["Properties"]["Role"]["Fn::GetAtt"][0] for each in of_type(resources, "AWS::Lambda::Function").values()
    )
