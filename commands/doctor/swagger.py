"""Parses a Swagger document into its operations, as far as they are readable.

Made for Swashbuckle's output (Swagger 2.0), and for the same contents in OpenAPI 3. Invalid parts are skipped and never
raise an error, because the document is Clinicea's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

VERBS = ("get", "post", "put", "patch", "delete")
MOST_OPERATIONS = 5000
MOST_FIELDS = 500
DEEPEST = 4
_JSON = re.compile(r"json")


class NotSwagger(ValueError):
    """The text is not a Swagger document; the message says why without quoting it."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation. `place` is query, header, path, form or json."""

    name: str
    place: str
    required: bool = False
    value: str | None = None
    """Its only possible value, or its default."""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One verb on one path."""

    version: str
    path: str
    verb: str
    operation_id: str
    parameters: tuple[Parameter, ...]
    answer: frozenset[str] | None
    """Field names of the answer's records; None if the document does not have them."""


@dataclass(frozen=True)
class Document:
    """A parsed document."""

    version: str
    operations: tuple[Operation, ...]
    key_headers: tuple[str, ...] = ()
    key_parameters: tuple[str, ...] = ()


def read(version: str, text: bytes | str) -> Document:
    """Parse one version's document; raises NotSwagger."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        whole = None
    if not isinstance(whole, dict):
        raise NotSwagger("it is not a JSON object")
    if not isinstance(whole.get("paths"), dict):
        raise NotSwagger("it has no paths")
    return Document(version, tuple(_operations(version, whole)), *_credentials(whole))


def _operations(version: str, whole: Mapping[str, Any]) -> Iterator[Operation]:
    base = _text(whole.get("basePath")).rstrip("/")
    count = 0
    for path, item in whole["paths"].items():
        shared = _list(_dict(item).get("parameters"))
        for verb in VERBS:
            operation = _dict(item).get(verb)
            if not isinstance(operation, dict) or count >= MOST_OPERATIONS:
                continue
            count += 1
            # Lazily, because nested objects may exceed any memory.
            parameters = islice(_parameters(whole, operation, shared), MOST_FIELDS)
            yield Operation(
                version=version,
                path=f"{base}/{path.lstrip('/')}",
                verb=verb.upper(),
                operation_id=_text(operation.get("operationId")),
                parameters=tuple(parameters),
                answer=_answer(whole, operation),
            )


def _parameters(whole: Mapping[str, Any], operation: Mapping[str, Any], shared: list[Any]) -> Iterator[Parameter]:
    kinds = _list(operation.get("consumes")) or _list(whole.get("consumes"))
    form_only = bool(kinds) and not any(_JSON.search(_text(kind)) for kind in kinds)
    for given in (*shared, *_list(operation.get("parameters"))):
        each = _resolved(whole, given)
        name, place = _text(each.get("name")), _text(each.get("in"))
        if place == "body":
            yield from _fields(whole, each.get("schema"), "form" if form_only else "json")
        elif name and place in ("query", "header", "path", "formData"):
            described = {**each, **_resolved(whole, each.get("schema"))}
            required = each.get("required") is True or place == "path"
            yield _parameter(name, "form" if place == "formData" else place, required, described)
    content = _dict(_resolved(whole, operation.get("requestBody")).get("content"))
    for place, pattern in (("json", "json"), ("form", "form")):
        found = [each for kind, each in content.items() if pattern in kind]
        if found:
            yield from _fields(whole, _dict(found[0]).get("schema"), place)
            return


def _parameter(name: str, place: str, required: bool, described: Mapping[str, Any]) -> Parameter:
    choices = tuple(_text(each) for each in _list(described.get("enum"))[:MOST_FIELDS])
    only = choices[0] if len(choices) == 1 else None
    default = described.get("default")
    return Parameter(name, place, required, only or (None if default is None else _text(default)), choices)


def _fields(
    whole: Mapping[str, Any], schema: object, place: str, prefix: str = "", deep: int = 0
) -> Iterator[Parameter]:
    """Yield the fields of a body; those of an inner object have its name and a dot as a prefix."""
    found = _object(whole, schema)
    required = {_text(each) for each in _list(found.get("required"))}
    for name, each in list(_dict(found.get("properties")).items())[:MOST_FIELDS]:
        described = _resolved(whole, each)
        inner = _object(whole, described)
        if _dict(inner.get("properties")) and deep < DEEPEST:
            yield from _fields(whole, inner, place, f"{prefix}{name}.", deep + 1)
        else:
            yield _parameter(f"{prefix}{name}", place, name in required, described)


def _answer(whole: Mapping[str, Any], operation: Mapping[str, Any]) -> frozenset[str] | None:
    responses = _dict(operation.get("responses"))
    for status in ("200", "201", "default"):
        response = _resolved(whole, responses.get(status))
        schema = response.get("schema")
        if schema is None:
            contents = [
                _dict(each).get("schema") for kind, each in _dict(response.get("content")).items() if "json" in kind
            ]
            schema = contents[0] if contents else None
        names = frozenset(list(_dict(_object(whole, schema).get("properties")))[:MOST_FIELDS])
        if names:
            return names
    return None


def _object(whole: Mapping[str, Any], schema: object) -> dict[str, Any]:
    """Return the object of a schema, with references resolved, an array's items, and all parts merged."""
    found = _resolved(whole, schema)
    for _ in range(DEEPEST):
        if "items" not in found or "properties" in found:
            break
        found = _resolved(whole, found["items"])
    joined = dict(found)
    for part in _list(found.get("allOf"))[:DEEPEST]:
        more = _resolved(whole, part)
        joined["properties"] = {**_dict(joined.get("properties")), **_dict(more.get("properties"))}
        joined["required"] = [*_list(joined.get("required")), *_list(more.get("required"))]
    return joined


def _resolved(whole: Mapping[str, Any], value: object) -> dict[str, Any]:
    """Resolve `$ref` in the document, a bounded number of times; empty for a dead reference."""
    found = _dict(value)
    for _ in range(DEEPEST):
        reference = found.get("$ref")
        if not isinstance(reference, str):
            return found
        place: object = whole
        for step in reference.removeprefix("#/").split("/"):
            place = _dict(place).get(step.replace("~1", "/").replace("~0", "~"))
        found = _dict(place)
    return {}


def _credentials(whole: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    schemes = _dict(whole.get("securityDefinitions")) or _dict(_dict(whole.get("components")).get("securitySchemes"))
    keys = [_dict(each) for each in schemes.values() if _dict(each).get("type") == "apiKey"]
    by_place = {"header": [], "query": []}  # type: dict[str, list[str]]
    for key in keys:
        by_place.get(_text(key.get("in")), []).append(_text(key.get("name")))
    return tuple(by_place["header"]), tuple(by_place["query"])


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
