"""DynamoDB's condition expressions: comparisons, functions, AND, OR, NOT and parentheses."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from tests.chaos.expressions import (
    Attribute,
    ExpressionError,
    Item,
    Operand,
    Values,
    Words,
    comparable,
    kind_of,
    operand,
    path,
)

Condition = Callable[[Item], bool]

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def condition(expression: str | None, values: Values) -> Condition:
    """Read a condition; without one everything is allowed.

    Raises:
        ExpressionError: DynamoDB would not take it.
    """
    if expression is None:
        return lambda _item: True
    words = Words(expression)
    read = _either(words, values)
    if words.next:
        raise ExpressionError(f"Syntax error; token: {words.next}")
    return read


def _either(words: Words, values: Values) -> Condition:
    one = _both(words, values)
    while words.take_if("OR"):
        one = _or(one, _both(words, values))
    return one


def _or(one: Condition, other: Condition) -> Condition:
    return lambda item: one(item) or other(item)


def _both(words: Words, values: Values) -> Condition:
    one = _not(words, values)
    while words.take_if("AND"):
        one = _and(one, _not(words, values))
    return one


def _and(one: Condition, other: Condition) -> Condition:
    return lambda item: one(item) and other(item)


def _not(words: Words, values: Values) -> Condition:
    if words.take_if("NOT"):
        denied = _not(words, values)
        return lambda item: not denied(item)
    if words.take_if("("):
        inner = _either(words, values)
        words.expect(")")
        return inner
    return _FUNCTIONS.get(words.next, _comparison)(words, values)


def _exists(words: Words, values: Values) -> Condition:
    wanted = words.take() == "attribute_exists"
    (found,) = _arguments(words, values, 1)
    return lambda item: (found(item) is not None) is wanted


def _begins_with(words: Words, values: Values) -> Condition:
    words.take()
    found, start = _arguments(words, values, 2)

    def begins(item: Item) -> bool:
        text, prefix = found(item), start(item)
        if text is None or prefix is None or kind_of(text) != kind_of(prefix):
            return False
        return bool(comparable(text).startswith(comparable(prefix)))

    return begins


def _contains(words: Words, values: Values) -> Condition:
    words.take()
    found, part = _arguments(words, values, 2)

    def contains(item: Item) -> bool:
        whole, wanted = found(item), part(item)
        if whole is None or wanted is None:
            return False
        elements = whole.get("L")
        return wanted in elements if elements is not None else comparable(wanted) in comparable(whole)

    return contains


def _attribute_type(words: Words, values: Values) -> Condition:
    words.take()
    found, kind = _arguments(words, values, 2)

    def of_type(item: Item) -> bool:
        attribute, wanted = found(item), kind(item)
        return attribute is not None and wanted is not None and kind_of(attribute) == wanted["S"]

    return of_type


def _arguments(words: Words, values: Values, count: int) -> list[Operand]:
    words.expect("(")
    read = [path(words.take(), values)]
    for _ in range(count - 1):
        words.expect(",")
        read.append(operand(words, values))
    words.expect(")")
    return read


def _comparison(words: Words, values: Values) -> Condition:
    left = operand(words, values)
    sign = words.take()
    if sign.upper() == "BETWEEN":
        low = operand(words, values)
        words.expect("AND")
        high = operand(words, values)
        return lambda item: (
            _ordered(operator.ge, left(item), low(item)) and _ordered(operator.le, left(item), high(item))
        )
    if sign.upper() == "IN":
        words.expect("(")
        choices = [operand(words, values)]
        while words.take_if(","):
            choices.append(operand(words, values))
        words.expect(")")
        return lambda item: any(_equal(left(item), choice(item)) for choice in choices)
    right = operand(words, values)
    if sign == "=":
        return lambda item: _equal(left(item), right(item))
    if sign == "<>":
        # Also true where the attribute is missing.
        return lambda item: not _equal(left(item), right(item))
    if sign not in _ORDERS:
        raise ExpressionError(f"Syntax error; token: {sign}")
    order = _ORDERS[sign]
    return lambda item: _ordered(order, left(item), right(item))


def _equal(one: Attribute | None, other: Attribute | None) -> bool:
    if one is None or other is None:
        return False
    return one == other or (kind_of(one) == kind_of(other) == "N" and comparable(one) == comparable(other))


def _ordered(order: Callable[[Any, Any], bool], one: Attribute | None, other: Attribute | None) -> bool:
    if one is None or other is None or kind_of(one) != kind_of(other):
        return False
    return order(comparable(one), comparable(other))


_FUNCTIONS: dict[str, Callable[[Words, Values], Condition]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": _exists,
    "begins_with": _begins_with,
    "contains": _contains,
    "attribute_type": _attribute_type,
}
