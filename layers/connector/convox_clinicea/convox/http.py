"""HTTP replies: the error map, bodies and headers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from aws_lambda_powertools.event_handler import Response

from convox_clinicea import errors
from convox_clinicea.clinicea import errors as clinicea
from convox_clinicea.privacy import Personal

if TYPE_CHECKING:  # the shapes are for the type checker and for docs/openapi.json; a cold start needs none
    from convox_clinicea.convox import contract as answers


GUARDED = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Strict-Transport-Security": "max-age=31536000",
    }
)
"""The gateway's own answers bear the same; `template.yaml` says them once more."""


class HttpError(NamedTuple):
    """Public code and HTTP status of an error."""

    code: answers.Code
    status: HTTPStatus


INTERNAL = HttpError("internal", HTTPStatus.INTERNAL_SERVER_ERROR)

# The nearest class in an error's line of descent decides.
HTTP_ERRORS: dict[type[errors.ConnectorError], HttpError] = {
    errors.ConnectorError: INTERNAL,
    errors.InvalidRequest: HttpError("invalid_request", HTTPStatus.BAD_REQUEST),
    errors.ConsentRequired: HttpError("consent_required", HTTPStatus.BAD_REQUEST),
    errors.Unauthorized: HttpError("unauthorized", HTTPStatus.UNAUTHORIZED),
    errors.NotShown: HttpError("forbidden", HTTPStatus.FORBIDDEN),
    errors.RateLimited: HttpError("rate_limited", HTTPStatus.TOO_MANY_REQUESTS),
    errors.NotFound: HttpError("not_found", HTTPStatus.NOT_FOUND),
    errors.MethodNotAllowed: HttpError("method_not_allowed", HTTPStatus.METHOD_NOT_ALLOWED),
    errors.TooLarge: HttpError("too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    errors.SecretUnavailable: HttpError("clinicea_unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
    errors.NotStored: HttpError("not_stored", HTTPStatus.SERVICE_UNAVAILABLE),
    clinicea.CliniceaError: HttpError("clinicea_rejected", HTTPStatus.BAD_GATEWAY),
    clinicea.CliniceaRateLimited: HttpError("clinicea_unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
    clinicea.Unavailable: HttpError("clinicea_unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
    clinicea.UnexpectedAnswer: HttpError("clinicea_unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
    clinicea.TimedOut: HttpError("clinicea_timeout", HTTPStatus.GATEWAY_TIMEOUT),
}


def face_of(error: errors.ConnectorError) -> HttpError:
    """Return the code and status of an error."""
    return next(HTTP_ERRORS[kind] for kind in type(error).__mro__ if kind in HTTP_ERRORS)


def error_reply(error: errors.ConnectorError, request_id: str) -> Response[str]:
    """Return the documented error answer; it says nothing about a person."""
    face = face_of(error)
    body: answers.Error = {
        "status": "error",
        "code": face.code,
        "message": error.public,
        "fields": _fields(error) if isinstance(error, errors.InvalidRequest) else [],
        "request_id": request_id,
    }
    return Response(
        status_code=face.status,
        content_type="application/json",
        body=json.dumps(body),
        headers={**GUARDED, **_headers(error)},
    )


def _headers(error: errors.ConnectorError) -> dict[str, str | list[str]]:
    """Return the headers that HTTP requires for an error."""
    match error:
        case errors.RateLimited():
            return {"Retry-After": str(error.retry_after_seconds)}
        case errors.MethodNotAllowed():
            return {"Allow": ", ".join(error.allowed)}
        case _:
            return {}


def _fields(error: errors.InvalidRequest) -> list[answers.FieldProblem]:
    named = {field: f" (sent as {alias})" for field, alias in error.aliases_used.items()}
    return [{"field": p.field, "message": p.message + named.get(p.field, "")} for p in error.problems]


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
