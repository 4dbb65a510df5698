"""Possible differences of a call from its known form: other names, places, verbs, answers.

A shaped call is strict where the usual one is as tolerant as ASP.NET: names are case-sensitive, each parameter counts
only at its own place, and the body only in its own type. Everything else is ignored.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import parse_qsl, unquote

from local.clinicea.messages import Answer, RefusalError, Request, json_answer
from local.clinicea.parameters import Parameters, UnsupportedMediaError

FORM_TYPE = "application/x-www-form-urlencoded"
STYLES = ("query", "form", "json")
PLACES = ("query", "header", "path")
_PATH = re.compile(r"(/([A-Za-z0-9._-]|\{[A-Za-z0-9]+\})+)+")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Shape:
    """The differences of one call; empty fields mean no difference."""

    missing: bool = False
    """Whether the call does not exist."""
    path: str = ""
    """The whole path, with {version} and {names} of parameters."""
    verb: str = ""
    style: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    """The route table's name of a parameter → the name on the wire; in a JSON body a dot means nesting."""
    places: Mapping[str, str] = field(default_factory=dict)
    """The name on the wire → query, header or path, if that is not the style's place."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Further required parameters with their required values."""
    extra_shown: bool = True
    """Whether the Swagger document shows those values."""
    answer: Mapping[str, str] = field(default_factory=dict)
    """The usual name of a field in answers → the name on the wire."""
    array: bool = False
    """Whether its answer is always an array."""

    @property
    def strict(self) -> bool:
        """Whether anything about the request differs."""
        return bool(self.path or self.verb or self.style or self.names or self.places or self.extra)

    def named(self, name: str) -> str:
        """Return a parameter's name on the wire."""
        return self.names.get(name, name)

    def place(self, wire_name: str, style: str) -> str:
        """Return the place of a parameter."""
        return self.places.get(wire_name, style)

    def given(
        self, request: Request, path_values: Mapping[str, str], style: str, usual_names: Iterable[str]
    ) -> Parameters:
        """Return the parameters under their usual names; raises RefusalError and UnsupportedMediaError."""
        found = {
            "query": dict(parse_qsl(request.query, keep_blank_values=True)),
            "header": request.headers,
            "path": path_values,
            style: _body(request, style) if style != "query" else dict(parse_qsl(request.query)),
        }

        def value(wire_name: str) -> str | None:
            place = self.place(wire_name, style)
            return found[place].get(wire_name.lower() if place == "header" else wire_name)

        for name, wanted in self.extra.items():
            if value(name) != wanted:
                raise RefusalError(400, f"{name} is required")
        return Parameters((name, value(self.named(name)) or "") for name in usual_names)

    def dressed(self, answer: Answer) -> Answer:
        """Return the answer with renamed fields, as an array if required."""
        if answer.status != 200 or not (self.answer or self.array):
            return answer
        value = answer.json()
        records = value if isinstance(value, list) else [value]
        renamed = [
            {self.answer.get(name, name): each for name, each in record.items()} if isinstance(record, dict) else record
            for record in records
        ]
        return json_answer(renamed if self.array or isinstance(value, list) else renamed[0])


def values_in(path: str, template: str) -> dict[str, str] | None:
    """Return the values at the template's {names}, or None for another path. Only values are case-sensitive."""
    parts = re.split(r"\{([A-Za-z0-9]+)\}", template)
    names = parts[1::2]
    pattern = "([^/]+)".join(re.escape(part) for part in parts[0::2])
    match = re.fullmatch(pattern, path.rstrip("/"), re.IGNORECASE)
    return None if match is None else dict(zip(names, map(unquote, match.groups()), strict=True))


def _body(request: Request, style: str) -> dict[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != (FORM_TYPE if style == "form" else "application/json"):
        raise UnsupportedMediaError
    if style == "form":
        return dict(parse_qsl(request.body.decode("utf-8", "replace")))
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError):
        raise RefusalError(400, "The request body is not valid") from None
    if not isinstance(value, dict):
        raise RefusalError(400, "The request body is not valid")
    return dict(_flat("", value))


def _flat(prefix: str, value: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, each in value.items():
        if isinstance(each, dict):
            yield from _flat(f"{prefix}{name}.", each)
        elif each is not None:
            yield f"{prefix}{name}", str(each)


def is_shapes(value: object) -> bool:
    """Return whether the value has shapes by call name."""
    return isinstance(value, dict) and all(isinstance(each, dict) and _is_shape(each) for each in value.values())


def _is_shape(value: Mapping[str, object]) -> bool:
    checks: dict[str, Any] = {
        "path": lambda each: isinstance(each, str) and bool(_PATH.fullmatch(each)),
        "verb": lambda each: each in ("GET", "POST"),
        "style": lambda each: each in STYLES,
        "names": _is_names,
        "places": lambda each: _is_names(each) and set(each.values()) <= set(PLACES),
        "extra": _is_names,
        "answer": _is_names,
    }
    known = {each.name for each in fields(Shape)}
    return set(value) <= known and all(
        checks.get(name, lambda each: isinstance(each, bool))(each) for name, each in value.items()
    )


def _is_names(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return all(isinstance(each, str) and _NAME.fullmatch(each) for pair in value.items() for each in pair)
