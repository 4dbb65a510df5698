"""What docs/openapi.json says of an answer, held to the letter: nothing missing, nothing more than is described."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from convox_clinicea.convox import contract as answers

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
SHARED = "#/components/responses/"
Json = dict[str, Any]


@cache
def document() -> Json:
    """The committed document, its answers closed: to a reader more fields are welcome, to a test they are not."""
    found: Json = json.loads(DOCUMENT.read_text("utf-8"))
    for name, schema in found["components"]["schemas"].items():
        if hasattr(answers, name) and "properties" in schema:
            schema["additionalProperties"] = False
    return found


@cache
def _response(method: str, path: str, status: int) -> Json:
    operation = document()["paths"].get(path, {}).get(method.lower())
    if operation is None:
        # No route: what the router, or the gateway, says of it.
        return dict(document()["components"]["responses"]["NotFound"])
    assert str(status) in operation["responses"], f"{method} {path} is not documented to answer {status}"
    response: Json = operation["responses"][str(status)]
    reference = response.get("$ref", "")
    return dict(document()["components"]["responses"][reference.removeprefix(SHARED)]) if reference else response


@cache
def _validator(method: str, path: str, status: int) -> jsonschema_rs.Draft202012Validator:
    schema = _response(method, path, status)["content"]["application/json"]["schema"]
    whole = {**schema, "components": document()["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def check(method: str, path: str, status: int, headers: Mapping[str, str], body: Any) -> None:
    """Assert that the answer of a route, named as the template does, is what the document says."""
    wrong = [
        f"{list(error.instance_path)}: {error.message}" for error in _validator(method, path, status).iter_errors(body)
    ]
    assert not wrong, f"{method} {path} {status}: {'; '.join(wrong)}"
    given = {name.lower() for name in headers}
    documented = _response(method, path, status).get("headers", {})
    assert {name.lower() for name in documented} <= given, f"{method} {path} {status}: of {list(documented)} some miss"
