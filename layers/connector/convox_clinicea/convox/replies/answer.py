"""The successful answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from aws_lambda_powertools.event_handler import Response

from convox_clinicea.convox.headers import GUARDED
from convox_clinicea.privacy import Personal

if TYPE_CHECKING:  # the shapes are for the type checker and for docs/openapi.json; a cold start needs none
    from convox_clinicea.convox import answers

SUCCESS: Literal["success"] = "success"


def reply(body: answers.Answer, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response[str]:
    """Return a successful answer."""
    return Response(
        status_code=status,
        content_type="application/json",
        body=json.dumps(body, ensure_ascii=False),
        headers={**GUARDED, **(headers or {})},
    )


def revealed(value: Personal[str] | None) -> str | None:
    """Return a personal text itself, or null."""
    return None if value is None else value.reveal()


def written(moment: datetime | None) -> str | None:
    """Return a moment with its offset, to the second, or null."""
    return None if moment is None else moment.isoformat(timespec="seconds")
