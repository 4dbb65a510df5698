"""From an API Gateway event to a request, or to an error that says what is wrong where."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, TypeVar

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from convox_clinicea.errors import FieldProblem, InvalidRequest, TooLarge

MAX_BODY_BYTES = 64 * 1024
M = TypeVar("M", bound=BaseModel)


def from_body(model: type[M], event: APIGatewayProxyEvent, **path: str) -> M:
    """Read `model` from the JSON body; parameters of the path win over fields of the body.

    Raises:
        TooLarge: the body is over 64 KB.
        InvalidRequest: not UTF-8, not JSON, not an object, or a field is wrong.
    """
    return _validated(model, {**_json_object(_body(event)), **path})


def from_query(model: type[M], event: APIGatewayProxyEvent, **path: str) -> M:
    """Read `model` from the query string; parameters of the path win over those of the query."""
    return _validated(model, {**event.query_string_parameters, **path})


def _body(event: APIGatewayProxyEvent) -> bytes:
    text = event.body or ""
    if len(text) > 2 * MAX_BODY_BYTES:
        raise TooLarge("the body is over 64 KB")
    try:
        body = base64.b64decode(text, validate=True) if event.is_base64_encoded else text.encode()
    except (binascii.Error, ValueError):
        raise InvalidRequest(FieldProblem("body", "is not UTF-8 text")) from None
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge("the body is over 64 KB")
    return body


def _json_object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        raise InvalidRequest(FieldProblem("body", "is empty; send a JSON object"))
    try:
        parsed = from_json(body)
    except ValueError:
        raise InvalidRequest(FieldProblem("body", "is not JSON")) from None
    if not isinstance(parsed, dict):
        raise InvalidRequest(FieldProblem("body", "is not a JSON object"))
    return parsed


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
