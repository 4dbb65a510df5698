"""From canonical names and values to a request, or to an error that says what is wrong where."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from convox_clinicea.errors import FieldProblem, InvalidRequest

M = TypeVar("M", bound=BaseModel)


def validated(model: type[M], **values: Any) -> M:
    """Read `model` from canonical names; raises InvalidRequest."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems = [
            FieldProblem(".".join(map(str, e["loc"])) or "body", _sentence(e["type"], e["msg"]))
            for e in error.errors(include_url=False, include_context=False, include_input=False)
        ]
    raise InvalidRequest(*problems)


def _sentence(kind: str, message: str) -> str:
    if kind == "missing":
        return "is required"
    return message.removeprefix("Value error, ").replace("Input should be", "must be")
