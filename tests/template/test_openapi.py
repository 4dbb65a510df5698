"""docs/openapi.json against the template that is deployed."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from tests.support.template import ROOT
from tests.template.test_api import gateway_codes, operations

Json = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Json:
    found: Json = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    return found


def test_document_describes_exactly_the_deployed_routes(document: Json, api_body: Json) -> None:
    assert set(operations(document)) == set(operations(api_body))


def test_path_parameters_are_those_of_the_route(document: Json) -> None:
    for (_, path), operation in operations(document).items():
        named = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
        assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}, path


def test_token_header_is_the_one_that_the_authorizer_reads(document: Json, source: Json) -> None:
    scheme = document["components"]["securitySchemes"]["AccessToken"]

    assert scheme["name"] == source["Parameters"]["AccessTokenHeader"]["Default"]


def test_gateways_own_answers_are_described_for_every_route(document: Json, api_body: Json) -> None:
    shared = document["components"]["responses"]
    pairs = {pair for _, pair in gateway_codes(api_body)}
    for (code, status), operation in itertools.product(pairs, operations(document).values()):
        response = shared[operation["responses"][str(status)]["$ref"].rsplit("/", 1)[-1]]
        allowed = response["content"]["application/json"]["schema"]["allOf"][1]["properties"]["code"]["enum"]
        assert code in allowed
