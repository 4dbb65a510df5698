"""One map from the error tree to the contract's closed list of codes."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any, get_args

import pytest

import convox_clinicea
from commands.operations import STATUSES
from convox_clinicea import errors
from convox_clinicea.clinicea import errors as clinicea
from convox_clinicea.convox.contract import Code
from convox_clinicea.convox.http import GUARDED, HTTP_ERRORS, error_reply, http_error_of
from convox_clinicea.errors import ConnectorError, FieldProblem, InvalidRequest


def tree(root: type[ConnectorError] = ConnectorError) -> Iterator[type[ConnectorError]]:
    yield root
    for leaf in root.__subclasses__():
        yield from tree(leaf)


# The leaves are in many modules; only what is imported has been born.
for module in pkgutil.walk_packages(convox_clinicea.__path__, "convox_clinicea."):
    import_module(module.name)
EVERY = sorted(
    {leaf for leaf in tree() if leaf.__module__.startswith("convox_clinicea")}, key=lambda leaf: leaf.__name__
)


def bare(leaf: type[ConnectorError]) -> ConnectorError:
    """An instance, whatever its constructor wants."""
    return leaf.__new__(leaf)


def test_codes_and_statuses_are_those_of_the_contract() -> None:
    found = {(each.code, each.status) for each in HTTP_ERRORS.values()}

    assert found == set(STATUSES.items())
    assert set(STATUSES) == set(get_args(Code))


def test_every_error_has_a_code_and_tells_what_may_be_done() -> None:
    for leaf in EVERY:
        assert http_error_of(bare(leaf)) in HTTP_ERRORS.values(), leaf
        assert isinstance(leaf.retryable, bool), leaf
        assert isinstance(leaf.outcome_known, bool), leaf
        assert leaf.public.endswith("."), leaf


@pytest.mark.parametrize(
    ("leaf", "code"),
    [
        (errors.ConfigurationError, "internal"),
        (errors.NotFound, "not_found"),
        (errors.NotStored, "not_stored"),
        (clinicea.PermissionDenied, "clinicea_rejected"),
        (clinicea.CliniceaRateLimited, "clinicea_unavailable"),
        (clinicea.UnexpectedAnswer, "clinicea_unavailable"),
        (clinicea.TimedOut, "clinicea_timeout"),
    ],
)
def test_an_error_has_its_own_code_or_its_parents(leaf: type[ConnectorError], code: str) -> None:
    assert http_error_of(bare(leaf)).code == code


def test_an_error_that_is_added_later_has_its_parents_face() -> None:
    class Later(clinicea.TimedOut):
        """Added in some later version."""

    assert http_error_of(Later("call")) == HTTP_ERRORS[clinicea.TimedOut]


def test_answer_has_the_contracts_shape_and_public_text_only() -> None:
    error = InvalidRequest(FieldProblem("mobile", "is required"), FieldProblem("start", "must be in the future"))

    answer = error_reply(error, "request-1")

    body: dict[str, Any] = json.loads(answer.body or "")
    assert (answer.status_code, answer.content_type) == (400, "application/json")
    assert body == {
        "status": "error",
        "code": "invalid_request",
        "message": "The request is not valid.",
        "fields": [
            {"field": "mobile", "message": "is required"},
            {"field": "start", "message": "must be in the future"},
        ],
        "request_id": "request-1",
    }


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (errors.RateLimited("look-ups of this agent in a minute: 30", 17), {"Retry-After": "17"}),
        (errors.MethodNotAllowed("GET", "POST", "PUT"), {"Allow": "POST, PUT"}),
        (errors.MethodNotAllowed("switched off"), {"Allow": ""}),
        (errors.NotFound("x"), {}),
    ],
)
def test_headers_say_what_http_wants_said(error: ConnectorError, headers: dict[str, str]) -> None:
    assert error_reply(error, "").headers == {"Content-Type": "application/json", **GUARDED, **headers}


def test_what_an_error_says_to_the_log_is_not_said_to_the_caller() -> None:
    answer = error_reply(errors.ConfigurationError("secret arn:aws:x cannot be read"), "")

    assert "arn:aws" not in (answer.body or "")
