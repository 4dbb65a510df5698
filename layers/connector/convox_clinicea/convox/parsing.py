"""From an API Gateway event to a request, or to an error that says what is wrong where."""

from __future__ import annotations

from typing import TypeVar

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import BaseModel

from convox_clinicea.convox import naming
from convox_clinicea.convox.came_as import remember
from convox_clinicea.convox.dialect import Dialect
from convox_clinicea.convox.naming import Named
from convox_clinicea.convox.reading import pairs_of
from convox_clinicea.convox.validating import validated
from convox_clinicea.errors import InvalidRequest

M = TypeVar("M", bound=BaseModel)


def from_request(model: type[M], event: APIGatewayProxyEvent, dialect: Dialect, **path: str) -> M:
    """Read `model` from whatever the request carries; parameters of the path win over what it says itself.

    Raises:
        TooLarge: body or query are over 64 KB.
        InvalidRequest: nothing that can be read, two values for one field, or a field is wrong.
    """
    wanted = frozenset(model.model_fields) - path.keys()
    found = naming.named(pairs_of(event, dialect.known), wanted, dialect)
    remember(event, found.came_as)
    return from_named(model, found, **path)


def from_named(model: type[M], found: Named, **path: str) -> M:
    """Read `model` from names and values; raises InvalidRequest."""
    if found.problems:
        raise InvalidRequest(*found.problems)
    return validated(model, **{**found.nested(), **path})
