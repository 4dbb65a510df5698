"""From an API Gateway event to the text of its body, in whatever encoding it came."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Mapping

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from convox_clinicea.characters import LOST
from convox_clinicea.errors import FieldProblem, InvalidRequest, TooLarge, raise_alone

MAX_BODY_BYTES = 64 * 1024
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_WINDOWS = ("iso-8859-1", "iso8859-1", "latin1", "latin-1", "us-ascii", "ascii", "windows-1252", "cp1252")
_CODECS: Mapping[str, str] = {
    **dict.fromkeys(_WINDOWS, "cp1252"),  # as browsers read all of them
    **{name: name for name in ("utf-16", "utf-16le", "utf-16be")},
}
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def body_text(event: APIGatewayProxyEvent) -> str:
    """Return the body as text; a byte that cannot be read is U+FFFD, which does no harm in a field that nobody reads.

    The gateway itself has replaced what is not UTF-8, unless the body came in base64.

    Raises:
        TooLarge: it is over 64 KB.
        InvalidRequest: it claims to be base64, and is not.
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
        raise_alone(InvalidRequest(FieldProblem("body", "is not base64, though the gateway says so")))
    if len(raw) > MAX_BODY_BYTES:
        raise TooLarge("the body is over 64 KB")
    return _decoded(raw, charset_of(event))


def charset_of(event: APIGatewayProxyEvent) -> str | None:
    """Return the codec of the charset that the content type claims, if it is one in which forms are still sent."""
    found = _CHARSET.search(str(event.headers.get("Content-Type") or ""))
    return None if found is None else _CODECS.get(found[1].lower())


def _decoded(raw: bytes, charset: str | None) -> str:
    """UTF-8 comes first whatever is claimed: text in another encoding is hardly ever valid UTF-8 by chance."""
    for mark, codec in _MARKS:
        if raw.startswith(mark):
            return raw.decode(codec, "replace")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode(charset or "utf-8", "replace")
