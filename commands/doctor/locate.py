"""Finds a call in the documents, and its place in the call table's terms."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from commands.doctor.swagger import Document, Operation
from convox_clinicea.clinicea.call_table import CallSpec
from convox_clinicea.clinicea.calls import LOGIN, Endpoint

_OURS = frozenset(name.casefold() for name in (LOGIN, *Endpoint))
_SMALL = frozenset({"s", "es", "id", "ids", "no", "number", "async"})
"""Possible differences between two names of the same call."""
_VERSION = re.compile(r"(?<=/)v[0-9]+(?=/)")


@dataclass(frozen=True)
class Place:
    """Place of an operation: its path, with {version} if it has one, and the version."""

    path: str
    version: str | None


def locate(call: str, spec: CallSpec, documents: Iterable[Document]) -> Operation | None:
    """Return the operation of a call: by name, else the only one with nearly the same name."""
    operations = [each for document in documents for each in document.operations]
    exact = [each for each in operations if place_of(each) == Place(spec.path, spec.version)]
    if exact:
        return max(exact, key=lambda each: each.verb == spec.verb)
    wanted = call.casefold()
    found = [each for each in operations if wanted in _names(each)]
    if not found:
        others = {name for each in operations for name in _names(each)} - _OURS
        alike = [name for name in sorted(others) if _alike(wanted, name)]
        if len(alike) == 1:
            found = [each for each in operations if alike[0] in _names(each)]
    return max(found, key=lambda each: _likeness(each, spec), default=None)


def _alike(one: str, other: str) -> bool:
    """Return whether names differ only by a plural or the like; `postAppointmentNote` is another call."""
    if abs(len(one) - len(other)) > len(max(_SMALL, key=len)):
        return False
    steps = difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    return all(step == "equal" or (one[a:b] + other[c:d]) in _SMALL for step, a, b, c, d in steps)


def _names(operation: Operation) -> Sequence[str]:
    """Return possible names of an operation: the parts of its path, and its id without the controller."""
    parts = [part.casefold() for part in operation.path.split("/") if part and "{" not in part]
    by_id = operation.operation_id.rsplit("_", 1)[-1].casefold()
    return [*parts[-2:], *([by_id] if by_id else [])]


def _likeness(operation: Operation, spec: CallSpec) -> tuple[bool, bool, str]:
    place = place_of(operation)
    return place.version == spec.version, operation.verb == spec.verb, place.version or ""


def place_of(operation: Operation) -> Place:
    """Return path and version in the call table's form."""
    path = operation.path
    for placeholder in ("v{version}", "{version}", "v{api-version}", "v{apiVersion}"):
        if f"/{placeholder}/" in path:
            return Place(path.replace(placeholder, "{version}"), operation.version)
    found = _VERSION.search(path)
    if found is None:
        return Place(path, None)
    return Place(path[: found.start()] + "{version}" + path[found.end() :], found.group())
