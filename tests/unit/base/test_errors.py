"""No error of ours holds on to a library's error, which may quote what was sent."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import convox_clinicea
from convox_clinicea.errors import ConfigurationError, raise_alone, sentence

PACKAGE = Path(convox_clinicea.__file__).parent


def raised_in_handlers(tree: ast.AST) -> Iterator[int]:
    """Lines that raise something new while an exception is being handled."""
    for handler in (node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)):
        for node in (each for statement in handler.body for each in ast.walk(statement)):
            if isinstance(node, ast.Raise) and node.exc is not None:
                yield node.lineno


def test_nothing_is_raised_within_a_handler_but_alone() -> None:
    modules = sorted(PACKAGE.rglob("*.py"))

    assert modules
    assert [(path.name, line) for path in modules for line in raised_in_handlers(ast.parse(path.read_text()))] == []


def test_what_is_raised_within_a_handler_is_found() -> None:
    text = "try:\n    x()\nexcept E as error:\n    raise F from error\n"

    assert list(raised_in_handlers(ast.parse(text))) == [4]


def test_error_raised_alone_has_no_context() -> None:
    def careful() -> None:
        try:
            int("Zanzibarina")
        except ValueError:
            raise_alone(ConfigurationError("is no number"))

    with pytest.raises(ConfigurationError) as caught:
        careful()

    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize(
    ("kind", "message", "ours"),
    [
        ("missing", "Field required", "is required"),
        ("string_too_long", "String should have at most 4 characters", "must have at most 4 characters"),
        ("literal_error", "Input should be 'a' or 'b'", "must be 'a' or 'b'"),
        ("value_error", "Value error, must be in the future", "must be in the future"),
        ("union_tag_invalid", "Input tag 'canary' found using 'action'", "is not a known action"),
    ],
)
def test_a_message_of_pydantic_becomes_a_sentence_of_ours(kind: str, message: str, ours: str) -> None:
    assert sentence(kind, message) == ours
