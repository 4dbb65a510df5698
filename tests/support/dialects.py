"""Dialects for tests, and requests read in them without a function round it."""

from __future__ import annotations

from typing import Any, TypeVar

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import BaseModel

from convox_clinicea.convox import request as convox_request
from convox_clinicea.convox.dialect import Dialect, Dialects
from tests.support.events import Event

M = TypeVar("M", bound=BaseModel)
PACKED = Dialects.from_document().for_client("convox")


def dialect(**document: Any) -> Dialect:
    """The dialect of all callers in a deployment that has this document."""
    return Dialects.from_document(document).for_client("convox")


def read(model: type[M], event: Event, spoken: Dialect = PACKED, **path: str) -> M:
    """What a function makes of the event."""
    return convox_request.from_request(model, APIGatewayProxyEvent(event), spoken, **path).request
