"""From an API Gateway event to a request, or to an error that says what is wrong where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import BaseModel, ValidationError

from convox_clinicea.convox import naming
from convox_clinicea.convox.dialect import Dialect
from convox_clinicea.convox.reading import pairs_of
from convox_clinicea.errors import FieldProblem, InvalidRequest

M = TypeVar("M", bound=BaseModel)


def from_request(model: type[M], event: APIGatewayProxyEvent, dialect: Dialect, **path: str) -> M:
    """Read `model` from whatever the request carries; parameters of the path win over what it says itself.

    Raises:
        TooLarge: body or query are over 64 KB.
        InvalidRequest: nothing that can be read, two values for one field, or a field is wrong.
    """
    wanted = frozenset(model.model_fields) - path.keys()
    named = naming.named(pairs_of(event, dialect.known), wanted, dialect)
    naming.remember(event, named)
    return from_path(model, **{**named.nested(), **path})


def from_path(model: type[M], **values: Any) -> M:
    """Read `model` from canonical names alone; raises InvalidRequest."""
    return _validated(model, values)


def _validated(model: type[M], values: Mapping[str, Any]) -> M:
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
