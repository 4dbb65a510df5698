"""From an API Gateway event to names and values, whatever the content type claims.

ConVox posts JSON, forms, and forms one of whose fields holds JSON; its agent's page comes with a query string [1x].
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic_core import from_json

from convox_clinicea.errors import FieldProblem, InvalidRequest, TooLarge, raise_alone

MAX_BODY_BYTES = 64 * 1024
MOST_FIELDS = 500
LONGEST_HEAD = 1000
LONGEST_INTEGER = 20
"""In digits. None of ours is as long, and Python writes no integer of more than 4,300."""
Pairs = list[tuple[str, Any]]
Knows = Callable[[str], object]
"""Whether a name means something to the reader: truth, and not what it means."""

_ONE_FIELD = re.compile(r"[^=&{}]{1,64}=(\s*\{.*\}\s*)", re.DOTALL)
_FORM = re.compile("[=%]")
_PART = re.compile(r'content-disposition:\s*form-data\s*;.*?\bname="([^"\r\n]*)"', re.IGNORECASE)


def pairs_of(event: APIGatewayProxyEvent, knows: Knows) -> Pairs:
    """Return every name and value that a request carries, of its query and of its body, in their order.

    Raises:
        TooLarge: body or query are over 64 KB.
        InvalidRequest: the body is not UTF-8, or neither a JSON object nor a form; or there is nothing at all.
    """
    pairs = _of_query(event, knows)
    body = _body(event)
    if body.strip():
        pairs += _of_body(body, knows)
    elif not pairs and event.raw_event.get("httpMethod") != "GET":
        raise InvalidRequest(FieldProblem("body", "is empty; send a JSON object or a form"))
    return pairs


def _body(event: APIGatewayProxyEvent) -> str:
    text = event.body or ""
    if len(text) > 2 * MAX_BODY_BYTES:
        raise TooLarge("the body is over 64 KB")
    try:
        body = base64.b64decode(text, validate=True) if event.is_base64_encoded else text.encode()
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge("the body is over 64 KB")
        return body.decode("utf-8-sig")
    except (binascii.Error, ValueError):
        raise_alone(InvalidRequest(FieldProblem("body", "is not UTF-8 text")))


def _of_query(event: APIGatewayProxyEvent, knows: Knows) -> Pairs:
    """The gateway has decoded it; a name that came several times has several values."""
    several: Mapping[str, Any] = event.raw_event.get("multiValueQueryStringParameters") or {
        name: [value] for name, value in (event.raw_event.get("queryStringParameters") or {}).items()
    }
    pairs = [(name, value) for name, values in several.items() for value in values or [None]]
    if sum(len(name) + len(value or "") for name, value in pairs) > MAX_BODY_BYTES:
        raise TooLarge("the query is over 64 KB")
    return list(_unwrapped(pairs, knows))


def _of_body(body: str, knows: Knows) -> Pairs:
    text = body.strip()
    if text.startswith("--"):
        return list(_unwrapped(_multipart(text), knows))
    if text.startswith(("{", "[", '"')) or not _FORM.search(text):
        return _object(text)
    if one := _ONE_FIELD.fullmatch(text):
        # A form whose JSON was not encoded: what looks like & and = in it belongs to the JSON.
        whole = _read(one[1])
        if isinstance(whole, Members):
            return whole.pairs
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise_alone(InvalidRequest(FieldProblem("body", "is a form that cannot be read")))
    return list(_unwrapped(pairs, knows))


def _multipart(text: str) -> Iterator[tuple[str, str]]:
    """The fields of a multipart form, which is what PHP's curl makes of an array; files are left out."""
    boundary, _, rest = text.replace("\r\n", "\n").partition("\n")
    for part in f"\n{rest}".split(f"\n{boundary}", MOST_FIELDS)[:MOST_FIELDS]:
        head, found, value = part.lstrip("\n").partition("\n\n")
        name = _PART.search(head[:LONGEST_HEAD])
        if found and name and "filename=" not in head:
            yield name[1], value.removesuffix("\n")


def _unwrapped(pairs: Iterable[tuple[str, Any]], knows: Knows) -> Iterator[tuple[str, Any]]:
    """Put in a field's place what the JSON in it holds, unless the field's own name means something."""
    for name, value in pairs:
        text = name if name.lstrip().startswith("{") and not value else value
        inside = _read(text) if isinstance(text, str) and text.lstrip().startswith("{") and not knows(name) else None
        if isinstance(inside, Members):
            yield from inside.pairs
        else:
            yield name, value


def _object(text: str) -> Pairs:
    parsed = _read(text)
    if parsed is _UNREADABLE:
        raise InvalidRequest(FieldProblem("body", _unreadable(text)))
    if not isinstance(parsed, Members):
        raise InvalidRequest(FieldProblem("body", "is not a JSON object"))
    return parsed.pairs


def _unreadable(text: str) -> str:
    """Say what to look for; a parser's own words speak of its limits, or quote the body."""
    if not text.startswith(("{", "[")):
        return "is neither JSON nor a form"
    return "is not JSON, or not taken: half a surrogate pair, a number of thousands of digits, very deep nesting"


class Members(dict[str, Any]):
    """A JSON object with all its members: of those that have one name, the mapping itself knows the last only."""

    def __init__(self, pairs: Pairs) -> None:
        super().__init__(pairs)
        self.pairs = pairs


_UNREADABLE = object()


def _read(text: str) -> Any:
    try:
        from_json(text)  # its limits on nesting and numbers are the ones that hold
        return json.loads(text, object_pairs_hook=Members, parse_int=_integer)
    except ValueError:
        return _UNREADABLE


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_INTEGER else digits
