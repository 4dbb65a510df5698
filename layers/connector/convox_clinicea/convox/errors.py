"""The one error map: each error to its code and status, and the shape that all errors share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from aws_lambda_powertools.event_handler import Response

from convox_clinicea import errors
from convox_clinicea.clinicea import errors as clinicea
from convox_clinicea.convox.headers import GUARDED

if TYPE_CHECKING:
    from convox_clinicea.convox import answers


class Face(NamedTuple):
    """How an error looks from outside."""

    code: answers.Code
    status: HTTPStatus


INTERNAL = Face("internal", HTTPStatus.INTERNAL_SERVER_ERROR)

# The nearest class in an error's line of descent decides.
FACES: dict[type[errors.ConnectorError], Face] = {
    errors.ConnectorError: INTERNAL,
    errors.InvalidRequest: Face("invalid_request", HTTPStatus.BAD_REQUEST),
    errors.ConsentRequired: Face("consent_required", HTTPStatus.BAD_REQUEST),
    errors.Unauthorized: Face("unauthorized", HTTPStatus.UNAUTHORIZED),
    errors.NotShown: Face("forbidden", HTTPStatus.FORBIDDEN),
    errors.RateLimited: Face("rate_limited", HTTPStatus.TOO_MANY_REQUESTS),
    errors.NotFound: Face("not_found", HTTPStatus.NOT_FOUND),
    errors.MethodNotAllowed: Face("method_not_allowed", HTTPStatus.METHOD_NOT_ALLOWED),
    errors.TooLarge: Face("too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    errors.SecretUnavailable: Face("clinicea_unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
    errors.NotStored: Face("not_stored", HTTPStatus.SERVICE_UNAVAILABLE),
    clinicea.CliniceaError: Face("clinicea_rejected", HTTPStatus.BAD_GATEWAY),
    clinicea.RateLimited: Face("clinicea_unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
    clinicea.Unavailable: Face("clinicea_unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
    clinicea.UnexpectedAnswer: Face("clinicea_unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
    clinicea.TimedOut: Face("clinicea_timeout", HTTPStatus.GATEWAY_TIMEOUT),
}


def face_of(error: errors.ConnectorError) -> Face:
    """Return the code and status of an error."""
    return next(FACES[kind] for kind in type(error).__mro__ if kind in FACES)


def error_reply(
    error: errors.ConnectorError, request_id: str, came_as: Mapping[str, str] = MappingProxyType({})
) -> Response[str]:
    """Return the documented error answer; it says nothing about a person.

    Args:
        came_as: canonical name → the name that the caller used for it.
    """
    face = face_of(error)
    problems = error.problems if isinstance(error, errors.InvalidRequest) else ()
    body: answers.Error = {
        "status": "error",
        "code": face.code,
        "message": error.public,
        "fields": [{"field": p.field, "message": _sentence(p, came_as)} for p in problems],
        "request_id": request_id,
    }
    return Response(
        status_code=face.status,
        content_type="application/json",
        body=json.dumps(body),
        headers={**GUARDED, **_headers(error)},
    )


def _headers(error: errors.ConnectorError) -> dict[str, str | list[str]]:
    """Return what HTTP itself asks for beside the body."""
    match error:
        case errors.RateLimited():
            return {"Retry-After": str(error.retry_after_seconds)}
        case errors.MethodNotAllowed():
            return {"Allow": ", ".join(error.allowed)}
        case _:
            return {}


def _sentence(problem: errors.FieldProblem, came_as: Mapping[str, str]) -> str:
    name = came_as.get(problem.field)
    return problem.message if name is None else f"{problem.message} (it came as {name})"
