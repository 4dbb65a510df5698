"""DynamoDB items: their schema versions, and the requests that change more than one.

Every record that is written more than once has `schema_version`. A release reads its own and earlier versions. A record
of a later version, or with an unknown attribute, is neither written nor removed, because its additional data would be
lost: `docs/booking-protocol.md`, rule 23.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convox_clinicea.errors import ConnectorError, raise_alone

SCHEMA = "schema_version"
"""The attribute. A release that adds an attribute or a word to a kind of record raises its version."""


class UnreadableRecord(ConnectorError):
    """A record of a later version, or a broken one; this release neither overwrites nor removes it."""


def version_of(item: Mapping[str, Any]) -> int:
    """Return the version of a stored item, 1 if it has none; raises UnreadableRecord."""
    try:
        return int(item[SCHEMA]["N"]) if SCHEMA in item else 1
    except (KeyError, TypeError, ValueError):
        raise_alone(UnreadableRecord("a record's version is not a number"))


def require_readable(item: Mapping[str, Any], newest: int, attributes: Set[str] | None = None) -> None:
    """Raise UnreadableRecord for an item that a later release wrote.

    Args:
        newest: the newest version of this kind that this release knows.
        attributes: all attributes of this kind; None for a record that is only rewritten in part.

    Raises:
        UnreadableRecord: the item has a later version or unknown attributes.
    """
    if version_of(item) > newest:
        raise_alone(UnreadableRecord("a record of a later version"))
    if attributes is not None and not item.keys() <= attributes:
        raise_alone(UnreadableRecord("a record with unknown attributes"))


if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]


NOT_LATER = f"(attribute_not_exists({SCHEMA}) OR {SCHEMA} <= :newest)"
"""Condition: the stored item has no later version than in `newest_values`."""


@dataclass(frozen=True)
class Removal:
    """A conditional removal of an item in a transaction."""

    key: str
    condition: str
    values: Item


def removal_arguments(removal: Removal) -> dict[str, Any]:
    """Return the arguments of a transaction's `Delete`, without the table."""
    return {
        "Key": {"pk": {"S": removal.key}},
        "ConditionExpression": removal.condition,
        "ExpressionAttributeValues": removal.values,
        **({"ExpressionAttributeNames": {"#version": "version"}} if "#version" in removal.condition else {}),
    }


def tally_arguments(key: Item, attributes: Item) -> dict[str, Any]:
    """Return the arguments of an update that adds one to `count` and sets the attributes."""
    names = {f"#a{place}": name for place, name in enumerate(attributes)}
    values = {f":a{place}": value for place, value in enumerate(attributes.values())}
    settings = ", ".join(f"#a{place} = :a{place}" for place in range(len(attributes)))
    return {
        "Key": key,
        "UpdateExpression": f"SET {settings} ADD #count :one",
        "ExpressionAttributeNames": {**names, "#count": "count"},
        "ExpressionAttributeValues": {**values, ":one": {"N": "1"}},
    }


def put_arguments(item: Item, condition: str, values: Item) -> dict[str, Any]:
    """Return the arguments of a write of a whole item, without the table; it replaces no later version."""
    guarded = SCHEMA in item
    arguments: dict[str, Any] = {"Item": item, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    conditions = [f"({condition})" if guarded else condition] * bool(condition) + [NOT_LATER] * guarded
    if conditions:
        arguments["ConditionExpression"] = " AND ".join(conditions)
    names = {"#version": "version", "#owner": "owner"}
    used = {name: attribute for name, attribute in names.items() if name in condition}
    if used:
        arguments["ExpressionAttributeNames"] = used
    values = {**values, **(newest_values(item[SCHEMA]["N"]) if guarded else {})}
    if values:
        arguments["ExpressionAttributeValues"] = values
    return arguments


def newest_values(version: str) -> Item:
    """Return the values for `NOT_LATER`."""
    return {":newest": {"N": version}}
