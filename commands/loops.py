"""Expands the template's loops (`Fn::ForEach`), for tools that read template.yaml without CloudFormation.

It knows only the forms in the template: loops over resources, `Fn::FindInMap` in them, and the loop's identifier in
keys, `Fn::Sub`, `Ref` and `Fn::GetAtt`. Everything else is unchanged. A test compares the result with the SAM CLI's.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]
LOOP = "Fn::ForEach::"


def expanded(document: Json) -> Json:
    """Return a template with expanded loops; intrinsic functions may have short names (`Sub`) or long ones."""
    return {**document, "Resources": dict(_resources(document["Resources"], document.get("Mappings", {})))}


def is_loop(name: str) -> bool:
    """Return whether a key of the template's resources is a loop."""
    return name.startswith(LOOP)


def fragments(resources: Json) -> Iterator[tuple[str, Json, int]]:
    """Yield each resource as written: its key, the resource, and the number of its instances."""
    for name, value in resources.items():
        if is_loop(name):
            _identifier, collection, fragment = value
            for key, resource in fragment.items():
                yield f"{name}.{key}", resource, len(collection)
        else:
            yield name, value, 1


def _resources(resources: Json, mappings: Json) -> Iterator[tuple[str, Any]]:
    for name, value in resources.items():
        if not is_loop(name):
            yield name, value
            continue
        identifier, collection, fragment = value
        for item in collection:
            for key, resource in fragment.items():
                yield _filled(key, {identifier: item}), _bound(resource, {identifier: item}, mappings)


def _filled(text: str, bindings: Mapping[str, str]) -> str:
    for name, item in bindings.items():
        text = text.replace(f"${{{name}}}", item)
    return text


def _bound(value: Any, bindings: Mapping[str, str], mappings: Json) -> Any:
    """Return a part of a loop's fragment for one of its items."""
    if isinstance(value, list):
        return [_bound(each, bindings, mappings) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        match name.removeprefix("Fn::"):
            case "Ref" if isinstance(argument, str):
                return bindings.get(argument, value)
            case "Sub":
                return _substituted(name, argument, bindings, mappings)
            case "FindInMap":
                table, row, column = _bound(argument, bindings, mappings)
                return mappings[table][row][column]
    return {key: _bound(each, bindings, mappings) for key, each in value.items()}


def _substituted(name: str, argument: Any, bindings: Mapping[str, str], mappings: Json) -> Any:
    """Return a text with known values filled in; a plain text if nothing else is left."""
    text, variables = argument if isinstance(argument, list) else (argument, {})
    found = {key: _bound(each, bindings, mappings) for key, each in variables.items()}
    text = _filled(text, {**bindings, **found})
    return {name: text} if "${" in text else text
