"""A person of the desk, and what the table has of people."""

from __future__ import annotations

from typing import Any

from convox_clinicea import aws
from convox_clinicea.desk.sessions import Person
from convox_clinicea.table import Table

ASHA = Person("0d2f0a52-person", "agent-7", frozenset({"agents"}), "Asha Demo")


def items(table: Table, kind: str) -> list[dict[str, Any]]:
    found: list[Any] = aws.dynamodb().scan(TableName=table.name)["Items"]
    return [each for each in found if each["pk"]["S"].startswith(kind)]
