"""DynamoDB's expressions: words, names, values and paths, shared by conditions and updates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.chaos.reserved import RESERVED

Attribute = dict[str, Any]
Item = Mapping[str, Attribute]
Names = Mapping[str, str]

_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),+\-]|[:#]?[A-Za-z_][A-Za-z0-9_]*(?:\.#?[A-Za-z_][A-Za-z0-9_]*)*|:[0-9]\w*)")


class ExpressionError(Exception):
    """An expression that DynamoDB would not take; the text is the reason."""


@dataclass
class Values:
    """The names and values that an expression may use, and which of them were used."""

    names: Names
    values: Mapping[str, Attribute]
    used: set[str] = field(default_factory=set)

    def name(self, word: str) -> str:
        """Return the attribute behind `word`, a placeholder or a plain name that is not reserved."""
        if word.startswith("#"):
            self.used.add(word)
            if word not in self.names:
                raise ExpressionError(f"An expression attribute name used in the document path is not defined: {word}")
            return self.names[word]
        if word.upper() in RESERVED:
            raise ExpressionError(f"Attribute name is a reserved keyword; reserved keyword: {word}")
        return word

    def value(self, word: str) -> Attribute:
        self.used.add(word)
        if word not in self.values:
            raise ExpressionError(f"An expression attribute value used in expression is not defined: {word}")
        return self.values[word]

    def check_all_used(self) -> None:
        """Raise for what was given and never used, as DynamoDB does."""
        for kind, given in (("names", self.names), ("values", self.values)):
            unused = sorted(set(given) - self.used)
            if unused:
                raise ExpressionError(f"Value provided in ExpressionAttribute{kind.title()} unused: {unused}")


class Words:
    """An expression cut into words, read from left to right."""

    def __init__(self, expression: str) -> None:
        self._words: list[str] = []
        at = 0
        text = expression.rstrip()
        if not text:
            raise ExpressionError("The expression can not be empty;")
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise ExpressionError(f"Syntax error; token: {text[at : at + 10]}")
            self._words.append(found.group(1))
            at = found.end()
        self._at = 0

    @property
    def next(self) -> str:
        """The next word, "" at the end."""
        return self._words[self._at] if self._at < len(self._words) else ""

    def take(self) -> str:
        """Read the next word."""
        word = self.next
        if not word:
            raise ExpressionError("Syntax error; token: <EOF>")
        self._at += 1
        return word

    def take_if(self, *wanted: str) -> bool:
        """Read the next word if it is one of these, in capitals or not."""
        if self.next.upper() in wanted:
            self._at += 1
            return True
        return False

    def expect(self, wanted: str) -> None:
        if not self.take_if(wanted):
            raise ExpressionError(f"Syntax error; token: {self.next or '<EOF>'}")


Operand = Callable[[Item], Attribute | None]
"""Gives the attribute that a part of an expression stands for, None where the item lacks it."""


def operand(words: Words, values: Values) -> Operand:
    """Read a value, a path or size(path)."""
    word = words.take()
    if word.startswith(":"):
        constant = values.value(word)
        return lambda _item: constant
    if word == "size" and words.next == "(":
        words.expect("(")
        measured = path(words.take(), values)
        words.expect(")")
        return lambda item: _size(measured(item))
    return path(word, values)


def path(word: str, values: Values) -> Operand:
    """Read a document path: a name, or names joined by dots into maps."""
    first, *rest = [values.name(part) for part in word.split(".")]
    if not rest:
        return lambda item: item.get(first)

    def inner(item: Item) -> Attribute | None:
        found = item.get(first)
        for name in rest:
            found = None if found is None or "M" not in found else found["M"].get(name)
        return found

    return inner


def _size(attribute: Attribute | None) -> Attribute | None:
    if attribute is None:
        return None
    ((kind, value),) = attribute.items()
    return {"N": str(len(value))} if kind in ("S", "B", "L", "M", "SS", "NS") else None


def comparable(attribute: Attribute) -> Any:
    """Return a number, text or bytes by which attributes of one kind compare."""
    ((kind, value),) = attribute.items()
    return Decimal(value) if kind == "N" else value


def kind_of(attribute: Attribute) -> str:
    """Return DynamoDB's letter for the attribute's kind."""
    return next(iter(attribute))
