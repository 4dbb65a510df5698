"""What is wrong with a configuration document, in words: where it stands, and what is allowed there."""

from __future__ import annotations

import re
import types
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from convox_clinicea.errors import InvalidDocument, raise_alone

M = TypeVar("M", bound=BaseModel)

_KEY = "[key]"
_PLAIN = {
    "missing": "is required",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "list_type": "must be a list",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
}


def problems(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Return a line for each thing that is wrong: its place, a colon, and what is allowed there; no values."""
    return [
        f"{_place(e['loc'])}: {_sentence(e['type'], e['msg'], e['loc'], model)}"
        for e in error.errors(include_url=False, include_input=False)
    ]


def read_document(model: type[M], document: Any, name: str) -> M:
    """Read a parsed JSON document; raises InvalidDocument that names the places."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise_alone(InvalidDocument(name, problems(error, model)))


def refuse_repeats(names: Iterable[str]) -> None:
    """Raise ValueError, for a validator of a document, where a name stands there more than once."""
    if several := sorted(name for name, count in Counter(names).items() if count > 1):
        raise ValueError(f"stand there more than once: {', '.join(several)}")


def _place(loc: Iterable[int | str]) -> str:
    place = ".".join(str(step) for step in loc if step != _KEY)
    return "".join(sign if sign.isprintable() else "?" for sign in place) or "document"


def _sentence(kind: str, message: str, loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    if kind == "extra_forbidden":
        return f"is not known here; {_known(_at(model, loc[:-1]))}"
    if kind in _PLAIN:
        return _PLAIN[kind]
    message = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    message = re.sub(r"^(Input|String|List|Dictionary) should", "must", message)
    return re.sub(r" after validation.*", "", message)


def _known(model: Any) -> str:
    if not isinstance(model, type) or not issubclass(model, BaseModel):
        return "leave it out"
    return f"known are {', '.join(field.alias or name for name, field in model.model_fields.items())}"


def _at(kind: Any, loc: tuple[int | str, ...]) -> Any:
    """Return the type that a document has at a place."""
    kind = _bare(kind)
    if not loc:
        return kind
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = {field.alias or name: field.annotation for name, field in kind.model_fields.items()}
        return _at(fields.get(str(loc[0])), loc[1:])
    if get_origin(kind) in (dict, list):
        return _at(get_args(kind)[-1], loc[1:])
    return None


def _bare(kind: Any) -> Any:
    """Return a type without what annotates it and without the None that may stand in its place."""
    while get_origin(kind) in (Annotated, Union, types.UnionType):
        kind = next(each for each in get_args(kind) if each is not type(None))
    return kind
