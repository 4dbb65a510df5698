"""Requests to DynamoDB that are more than an item and its condition: removals in a transaction, and tallies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]


@dataclass(frozen=True)
class Removal:
    """The removal of an item within a transaction, on a condition."""

    key: str
    condition: str
    values: Item


def removal_arguments(removal: Removal) -> dict[str, Any]:
    """Return the arguments of a transaction's `Delete`, its table left out."""
    return {
        "Key": {"pk": {"S": removal.key}},
        "ConditionExpression": removal.condition,
        "ExpressionAttributeValues": removal.values,
        **({"ExpressionAttributeNames": {"#version": "version"}} if "#version" in removal.condition else {}),
    }


def tally_arguments(key: Item, attributes: Item) -> dict[str, Any]:
    """Return the arguments of an update that adds one to `count`, and sets these attributes beside."""
    names = {f"#a{place}": name for place, name in enumerate(attributes)}
    values = {f":a{place}": value for place, value in enumerate(attributes.values())}
    settings = ", ".join(f"#a{place} = :a{place}" for place in range(len(attributes)))
    return {
        "Key": key,
        "UpdateExpression": f"SET {settings} ADD #count :one",
        "ExpressionAttributeNames": {**names, "#count": "count"},
        "ExpressionAttributeValues": {**values, ":one": {"N": "1"}},
    }
