"""Versions of stored records: what a later release wrote is left as it is.

Every record that is written more than once bears `schema_version`. A release reads its own version and those before. A
record of a later one, or with an attribute that this release does not know, is neither written nor removed: its number
would stay, and what it says more would be gone. `docs/booking-protocol.md`, rule 23, has what becomes of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

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
