"""DynamoDB's update expressions: SET, REMOVE and ADD on the attributes at an item's top."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tests.chaos.expressions import Attribute, ExpressionError, Item, Operand, Values, Words, operand

Change = Callable[[Item, dict[str, Attribute]], None]
"""Reads the item as it was, and writes into the one that it becomes."""

_SECTIONS = ("SET", "REMOVE", "ADD")


def update(expression: str, values: Values) -> tuple[list[Change], set[str]]:
    """Read an update: its changes, and the names of the attributes that they touch.

    Raises:
        ExpressionError: DynamoDB would not take it, or it goes beyond what this double knows.
    """
    words = Words(expression)
    changes: list[Change] = []
    touched: set[str] = set()
    while words.next:
        section = words.take().upper()
        if section not in _SECTIONS:
            raise ExpressionError(f"Syntax error; token: {section}")
        more = True
        while more:
            name = values.name(words.take())
            if name in touched:
                raise ExpressionError(f"Two document paths overlap with each other: {name}")
            touched.add(name)
            changes.append(_change(section, name, words, values))
            more = words.take_if(",")
    return changes, touched


def _change(section: str, name: str, words: Words, values: Values) -> Change:
    if section == "REMOVE":
        return lambda _before, after: _remove(after, name)
    if section == "ADD":
        return _put(name, _added(name, operand(words, values)))
    words.expect("=")
    value = _term(words, values)
    if words.next in ("+", "-"):
        sign = 1 if words.take() == "+" else -1
        value = _sum(value, _term(words, values), sign)
    return _put(name, value)


def _term(words: Words, values: Values) -> Operand:
    if words.next not in ("if_not_exists", "list_append"):
        return operand(words, values)
    function = words.take()
    words.expect("(")
    one = _term(words, values)
    words.expect(",")
    other = _term(words, values)
    words.expect(")")
    if function == "if_not_exists":
        return lambda item: other(item) if one(item) is None else one(item)

    def appended(item: Item) -> Attribute | None:
        first, second = one(item), other(item)
        return None if first is None or second is None else {"L": [*first["L"], *second["L"]]}

    return appended


def _sum(one: Operand, other: Operand, sign: int) -> Operand:
    def added(item: Item) -> Attribute | None:
        first, second = one(item), other(item)
        if first is None or second is None:
            return None
        return {"N": str(Decimal(first["N"]) + sign * Decimal(second["N"]))}

    return added


def _added(name: str, more: Operand) -> Operand:
    """A number, or the members of a set of texts, added to what the item has, if it has any."""

    def added(item: Item) -> Attribute | None:
        given = more(item)
        if given is None:
            return None
        if "SS" not in given:
            return _sum(lambda item: item.get(name, {"N": "0"}), more, 1)(item)
        standing = item.get(name, {"SS": []})
        if "SS" not in standing:
            raise ExpressionError("An operand in the update expression has an incorrect data type")
        return {"SS": sorted({*standing["SS"], *given["SS"]})}

    return added


def _put(name: str, value: Operand) -> Change:
    def put(before: Item, after: dict[str, Attribute]) -> None:
        attribute = value(before)
        if attribute is None:
            raise ExpressionError("The provided expression refers to an attribute that does not exist in the item")
        after[name] = attribute

    return put


def _remove(after: dict[str, Attribute], name: str) -> None:
    after.pop(name, None)
