"""`make openapi`: writes the contract as an OpenAPI document, from the models of requests and answers."""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter

from commands.operations import MEANINGS, OPERATIONS, STATUSES, Operation
from convox_clinicea.convox import contract as answers
from convox_clinicea.convox.request import WithCall

Json = dict[str, Any]
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "openapi.json"
SCHEMAS = "#/components/schemas/"
ACCESS_TOKEN_HEADER = "Access-Token"  # noqa: S105 - the header's name, the template's default
RETRY_AFTER = {
    "description": "Seconds to wait before the next attempt.",
    "required": True,
    "schema": {"type": "integer", "minimum": 0},
}
ALLOW = {
    "description": "Supported methods; empty while the route is switched off.",
    "required": True,
    "schema": {"type": "string"},
}
LOCATION = {
    "description": "Absolute URL of the booking.",
    "required": True,
    "schema": {"type": "string", "format": "uri"},
}
HEADERS: dict[answers.Code, tuple[str, Json]] = {
    "rate_limited": ("Retry-After", RETRY_AFTER),
    "method_not_allowed": ("Allow", ALLOW),
}
"""Headers that HTTP requires."""


class Components:
    """Schemas that are referred to."""

    def __init__(self) -> None:
        self.schemas: dict[str, Json] = {}
        self.responses: dict[str, Json] = {}

    def of(self, kind: Any) -> Json:
        """Add a model or typed dictionary with all that it refers to; returns its schema."""
        mode: Any = "serialization" if not isinstance(kind, type) or not issubclass(kind, BaseModel) else "validation"
        schema = TypeAdapter(kind).json_schema(ref_template=f"{SCHEMAS}{{model}}", mode=mode)
        for name, referred in schema.pop("$defs", {}).items():
            self.schemas[name] = tidy(referred)
        tidied: Json = tidy(schema)
        return tidied

    def ref(self, kind: Any) -> Json:
        """Add a model or typed dictionary; returns a reference."""
        self.schemas[kind.__name__] = self.of(kind)
        return {"$ref": f"{SCHEMAS}{kind.__name__}"}

    def error(self, status: int, codes: list[answers.Code]) -> Json:
        """Add the error answer of one status with its possible codes at one operation; returns a reference."""
        listed = [code for code in get_args(answers.Code) if code in codes]
        name = "Or".join("".join(word.title() for word in code.split("_")) for code in listed)
        schema = {"allOf": [self.ref(answers.Error), {"properties": {"code": {"enum": listed}}}]}
        headers = {code: header for code, header in HEADERS.items() if code in listed}
        self.responses[name] = answer_of(MEANINGS[status], schema)
        if headers:
            self.responses[name]["headers"] = dict(headers.values())
        return {"$ref": f"#/components/responses/{name}"}


def tidy(schema: Any) -> Any:
    """Remove redundant parts of pydantic's schema: generated titles, and null defaults of optional fields."""
    if isinstance(schema, list):
        return [tidy(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: tidy(value) for name, value in schema.items() if (name, value) != ("default", None)}
    return {name: value for name, value in kept.items() if name != "title" or not isinstance(value, str)}


def document() -> Json:
    """Return the whole document."""
    components = Components()
    paths: dict[str, Json] = defaultdict(dict)
    for operation in OPERATIONS:
        paths[operation.path][operation.method] = described(operation, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ConVox-Clinicea connector",
            "version": "1",
            "description": "Patient look-ups and bookings for a ConVox call centre at a clinic on Clinicea. Every "
            "answer is JSON with `status` and `message`. Absent values are null, never left out. "
            "ConVox's own names, forms and query strings are accepted too. Explained in docs/http-contract.md.",
        },
        "servers": [
            {
                "url": "https://{host}/{stage}",
                "description": "The output `ApiUrl` of the stack",
                "variables": {"host": {"default": "api.example.com"}, "stage": {"default": "v1"}},
            }
        ],
        "security": [{"AccessToken": []}],
        "paths": dict(paths),
        "components": {
            "schemas": dict(sorted(components.schemas.items())),
            "responses": dict(sorted(components.responses.items())),
            "securitySchemes": {
                "AccessToken": {
                    "type": "apiKey",
                    "in": "header",
                    "name": ACCESS_TOKEN_HEADER,
                    "description": "The client's access token. The header's name is the parameter `AccessTokenHeader`.",
                }
            },
        },
    }


def described(operation: Operation, components: Components) -> Json:
    """Return one operation of the document."""
    request = {} if operation.request is None else components.of(operation.request)
    properties: Json = dict(request.get("properties", {}))
    required = list(request.get("required", []))
    if operation.request is not None and issubclass(operation.request, WithCall):
        required = [*dict.fromkeys([*required, "call_id", "agent_id"])]  # unless RequireCallContext is off
        for name in ("call_id", "agent_id"):
            properties[name] = without_null(properties[name])
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": properties.pop(name, {"type": "string"})}
        for name in operation.in_path
    ]
    required = [name for name in required if name not in operation.in_path]
    found: Json = {"operationId": operation.name, "summary": operation.summary}
    if operation.method == "get":
        parameters += [
            {"name": name, "in": "query", "required": name in required, "schema": without_null(schema)}
            for name, schema in properties.items()
        ]
    elif operation.request is not None:
        name = operation.request.__name__
        components.schemas[name] = {**request, "properties": properties, "required": required}
        body = {"application/json": {"schema": {"$ref": f"{SCHEMAS}{name}"}}}
        found["requestBody"] = {"required": True, "content": body}
    if parameters:
        found["parameters"] = parameters
    answer = components.ref(operation.answer)
    found["responses"] = {str(status): each for status, each in responses(operation, answer, components)}
    return found


def without_null(schema: Json) -> Json:
    """Return a schema without null."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**rest, **kinds[0]} if len(kinds) == 1 else schema


def responses(operation: Operation, answer: Json, components: Components) -> Iterator[tuple[int, Json]]:
    """Yield the answers of an operation by status, each error with its possible codes."""
    for status, description in operation.successes.items():
        found = answer_of(description, answer)
        yield status, found | ({"headers": {"Location": LOCATION}} if operation.answer is answers.Acceptance else {})
    for status in sorted({STATUSES[code] for code in operation.errors}):
        yield status, components.error(status, [code for code in operation.errors if STATUSES[code] == status])


def answer_of(description: str, schema: Json) -> Json:
    """Return the description of a JSON answer."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def text() -> str:
    """Return the document as committed."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the document, or with --check compare it with the committed one; returns 1 if they differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    if parser.parse_args().check:
        same = DOCUMENT.is_file() and DOCUMENT.read_text("utf-8") == text()
        print("docs/openapi.json is up to date" if same else "docs/openapi.json is out of date; run `make openapi`")
        return 0 if same else 1
    DOCUMENT.write_text(text(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
