"""Parses an API Gateway event into names and values, independent of its content type.

ConVox posts JSON, forms, and forms with JSON in a field; its agent's page sends a query string [1x].
"""

from __future__ import annotations

import base64
import binascii
import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic_core import from_json

from convox_clinicea.convox.mending import mended
from convox_clinicea.errors import FieldProblem, InvalidRequest, TooLarge, raise_alone
from convox_clinicea.text import LOST

MAX_BODY_BYTES = 64 * 1024
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_WINDOWS = ("iso-8859-1", "iso8859-1", "latin1", "latin-1", "us-ascii", "ascii", "windows-1252", "cp1252")
_CODECS: Mapping[str, str] = {
    **dict.fromkeys(_WINDOWS, "cp1252"),  # as browsers decode all of these
    **{name: name for name in ("utf-16", "utf-16le", "utf-16be")},
}
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def body_text(event: APIGatewayProxyEvent) -> str:
    """Return the body as text; an undecodable byte becomes U+FFFD, which is harmless in an unused field.

    The gateway itself replaces bytes that are not UTF-8, unless the body is in base64.

    Raises:
        TooLarge: it is over 64 KB.
        InvalidRequest: it is marked as base64 but is not.
    """
    text = event.body or ""
    if len(text) > 2 * MAX_BODY_BYTES:
        raise TooLarge("the body is over 64 KB")
    if not event.is_base64_encoded:
        text = _SURROGATE.sub(LOST, text)
        if len(text.encode()) > MAX_BODY_BYTES:
            raise TooLarge("the body is over 64 KB")
        return text.removeprefix("\ufeff")
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise_alone(InvalidRequest(FieldProblem("body", "is not valid base64, although the gateway marks it so")))
    if len(raw) > MAX_BODY_BYTES:
        raise TooLarge("the body is over 64 KB")
    return _decoded(raw, charset_of(event))


def charset_of(event: APIGatewayProxyEvent) -> str | None:
    """Return the codec of the content type's charset, if it is one of those still in use for forms."""
    found = _CHARSET.search(str(event.headers.get("Content-Type") or ""))
    return None if found is None else _CODECS.get(found[1].lower())


def _decoded(raw: bytes, charset: str | None) -> str:
    """Decode as UTF-8 first, whatever the charset: text in another encoding is hardly ever valid UTF-8."""
    for mark, codec in _MARKS:
        if raw.startswith(mark):
            return raw.decode(codec, "replace")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode(charset or "utf-8", "replace")


MOST_FIELDS = 500
LONGEST_HEAD = 1000
MOST_WRAPPINGS = 4
LONGEST_INTEGER = 20
"""Digits. No field is as long, and Python formats no integer with more than 4,300 digits."""
Pairs = list[tuple[str, Any]]
Knows = Callable[[str], object]
"""Returns something true for a known name."""

_ONE_FIELD = re.compile(r"[^=&{}]{1,64}=(\s*\{.*\}\s*)", re.DOTALL)
_FORM = re.compile("[=%]")
_PART = re.compile(r'content-disposition:\s*form-data\s*;.*?\bname\s*=\s*(?:"([^"\r\n]*)"|([^\s;"]+))', re.IGNORECASE)
_FILE = re.compile(r"\bfilename\*?\s*=", re.IGNORECASE)
_ENTITY = re.compile(r"(?:amp;)+")
"""Rest of `&amp;` before a form's next name."""


def pairs_of(event: APIGatewayProxyEvent, knows: Knows) -> Pairs:
    """Return the names and values of a request's query and body, in order.

    Raises:
        TooLarge: body or query are over 64 KB.
        InvalidRequest: the body is neither a JSON object nor a form, or the request is empty.
    """
    pairs = of_query(event, knows)
    body = body_text(event)
    if body.strip():
        pairs += _of_body(body, knows, charset_of(event))
    elif not pairs and event.raw_event.get("httpMethod") != "GET":
        raise InvalidRequest(FieldProblem("body", "is empty; send a JSON object or a form"))
    return pairs


def of_query(event: APIGatewayProxyEvent, knows: Knows) -> Pairs:
    """Return the query's names and values; raises TooLarge.

    The gateway has decoded the query. A repeated name has several values.
    """
    several: Mapping[str, Any] = event.raw_event.get("multiValueQueryStringParameters") or {
        name: [value] for name, value in (event.raw_event.get("queryStringParameters") or {}).items()
    }
    pairs = [(name, value) for name, values in several.items() for value in values or [None]]
    if sum(len(name) + len(value or "") for name, value in pairs) > MAX_BODY_BYTES:
        raise TooLarge("the query is over 64 KB")
    return list(_unwrapped(pairs, knows))


def _of_body(body: str, knows: Knows, charset: str | None) -> Pairs:
    text = body.strip()
    if text.startswith("--"):
        return list(_unwrapped(_multipart(text), knows))
    if text.startswith(("{", "[", '"')) or not _FORM.search(text):
        return _object(text, knows)
    if one := _ONE_FIELD.fullmatch(text):
        # A form with unencoded JSON: & and = in it belong to the JSON.
        whole = _read(one[1])
        if isinstance(whole, Members):
            return whole.pairs
    return list(_unwrapped(_form(text, _separator(text, knows), charset), knows))


def _separator(text: str, knows: Knows) -> str:
    """Return a form's separator: `;` only if there is no `&`, and if it separates known names.

    Older HTML recommends `;`, but values may contain it unencoded.
    """
    parts = [] if "&" in text else text.split(";", MOST_FIELDS)
    known = sum(1 for part in parts if knows(unquote_plus(part.partition("=")[0]).strip()))
    return ";" if known > 1 and all("=" in part for part in parts if part.strip()) else "&"


def _form(text: str, separator: str, charset: str | None) -> Pairs:
    """Parse a URL-encoded form; bytes that are not UTF-8 are decoded by its charset, or become U+FFFD."""
    if text.count(separator) >= MOST_FIELDS:
        raise InvalidRequest(FieldProblem("body", f"is a form of more than {MOST_FIELDS} fields"))
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", separator=separator)
    except UnicodeDecodeError:
        return parse_qsl(
            text, keep_blank_values=True, encoding=charset or "utf-8", errors="replace", separator=separator
        )


def _multipart(text: str) -> Iterator[tuple[str, str]]:
    """Yield the fields of a multipart form, as PHP's curl sends an array; .NET omits the quotation marks.

    Files are skipped.
    """
    boundary, _, rest = text.replace("\r\n", "\n").partition("\n")
    for part in f"\n{rest}".split(f"\n{boundary}", MOST_FIELDS)[:MOST_FIELDS]:
        head, found, value = part.lstrip("\n").partition("\n\n")
        name = _PART.search(head[:LONGEST_HEAD])
        if found and name and not _FILE.search(head[:LONGEST_HEAD]):
            yield name[1] or name[2] or "", value.removesuffix("\n")


def _unwrapped(pairs: Iterable[tuple[str, Any]], knows: Knows) -> Iterator[tuple[str, Any]]:
    """Replace a field of unknown name by the members of the JSON in it."""
    for written, value in pairs:
        name = _ENTITY.sub("", written, count=1) if written.startswith("amp;") else written
        text = name if name.lstrip().startswith("{") and not value else value
        inside = None if knows(name) else _inside(text)
        if isinstance(inside, Members) and not entries(inside):
            yield from inside.pairs
        else:
            yield name, value


def _inside(value: Any) -> Any:
    """Return the object or list that a text holds as JSON, encoded once or more often; objects and lists as they are.

    A list of one object becomes that object.
    """
    for _ in range(MOST_WRAPPINGS):
        if isinstance(value, str) and value.lstrip().startswith(("{", "[", '"')):
            value = _read(value)
        elif isinstance(value, list) and len(value) == 1 and isinstance(value[0], str | Members):
            value = value[0]
    return value if isinstance(value, Members | list) else None


def entries(value: Any) -> Pairs | None:
    """Return the names and values of a list of objects `{"key": …, "value": …}`, such as ConVox's `crmData` [1x]."""
    found: Pairs = []
    several = [value] if isinstance(value, Members) else _listed(value)
    for each in several or ():
        members = {name.strip().lower(): inner for name, inner in each.pairs} if isinstance(each, Members) else {}
        if not isinstance(members.get("key"), str) or "value" not in members:
            return None
        found.append((members["key"], members["value"]))
    return found or None


def _listed(value: Any) -> list[Any] | None:
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = _read(value)
    return value if isinstance(value, list) else None


def _object(text: str, knows: Knows) -> Pairs:
    if _read(text) is _UNREADABLE:
        raise InvalidRequest(FieldProblem("body", _unreadable(text)))
    parsed = _inside(text)
    if isinstance(parsed, list) and len(parsed) > 1 and all(isinstance(each, Members) for each in parsed):
        raise InvalidRequest(FieldProblem("body", "contains several objects; send one per request"))
    if not isinstance(parsed, Members):
        raise InvalidRequest(FieldProblem("body", "is not a JSON object"))
    return _enveloped(parsed, knows)


def _enveloped(parsed: Members, knows: Knows) -> Pairs:
    """Return an object's members; if it only wraps another object, that one's members."""
    for _ in range(MOST_WRAPPINGS):
        inner = [found for name, value in parsed.pairs if isinstance(found := _inside(value), Members) and found]
        if any(knows(name) for name, _ in parsed.pairs) or len(inner) != 1 or entries(inner[0]):
            break
        parsed = inner[0]
    return parsed.pairs


def _unreadable(text: str) -> str:
    """Return a message about an unreadable body; a parser's own message may quote the body."""
    if not text.startswith(("{", "[")):
        return "is neither JSON nor a form"
    return (
        "is not valid JSON, or is too large to read: cut off, a quotation mark within a text, a number of thousands of "
        "digits, very deep nesting"
    )


class Members(dict[str, Any]):
    """A JSON object with all its members; the mapping itself has only the last of each name."""

    def __init__(self, pairs: Pairs) -> None:
        super().__init__(pairs)
        self.pairs = pairs


_UNREADABLE = object()


def _read(text: str) -> Any:
    """Parse JSON as it is, or repaired; return `_UNREADABLE` if it is ambiguous or broken."""
    for written in (text, mended(text)):
        try:
            from_json(written)  # for its limits on nesting and numbers
            return json.loads(written, object_pairs_hook=Members, parse_int=_integer)
        except ValueError:
            continue
    return _UNREADABLE


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_INTEGER else digits
