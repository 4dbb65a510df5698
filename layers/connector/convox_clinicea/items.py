"""DynamoDB items: their schema versions, and the requests that change more than one.

Every record that is written more than once bears `schema_version`. A release reads its own version and those before. A
record of a later one, or with an attribute that this release does not know, is neither written nor removed: its number
would stay, and what it says more would be gone. `docs/booking-protocol.md`, rule 23, has what becomes of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convox_clinicea.errors import ConnectorError, raise_alone

SCHEMA = "schema_version"
"""The attribute. A release that adds an attribute or a word to a kind of record raises that kind's number."""


class UnreadableRecord(ConnectorError):
    """A record of a later version, or a broken one: no code of this release writes over it or removes it."""


def version_of(item: Mapping[str, Any]) -> int:
    """Return the version of a stored item; 1 where it says none. Raises UnreadableRecord."""
    try:
        return int(item[SCHEMA]["N"]) if SCHEMA in item else 1
    except (KeyError, TypeError, ValueError):
        raise_alone(UnreadableRecord("a record's version is no number"))


def require_readable(item: Mapping[str, Any], newest: int, attributes: Collection[str] | None = None) -> None:
    """Refuse what a later release wrote.

    Args:
        newest: the latest version of this kind that this release knows.
        attributes: all that a record of this kind may have; None for a record of which only parts are rewritten.

    Raises:
        UnreadableRecord: it is of a later version, or has more attributes.
    """
    if version_of(item) > newest:
        raise_alone(UnreadableRecord("a record of a later version"))
    if attributes is not None and not item.keys() <= set(attributes):
        raise_alone(UnreadableRecord("a record with attributes that are not known"))


if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]


NOT_LATER = f"(attribute_not_exists({SCHEMA}) OR {SCHEMA} <= :newest)"
"""What stands is not of a later version than `newest_values` says."""


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


def put_arguments(item: Item, condition: str, values: Item) -> dict[str, Any]:
    """Return the arguments of a write of a whole item, its table left out: it replaces none of a later version."""
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
    """Return the value that `NOT_LATER` compares with."""
    return {":newest": {"N": version}}
