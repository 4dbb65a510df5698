"""Finds what must not be seen, however it is written: whole or in part, in any case, escaped, encoded or hashed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from urllib.parse import quote, quote_plus

PART = 6
"""A made-up word is recognised by so many of its letters."""
DIGITS = 7
"""A telephone number by so many of its digits."""


def found(canaries: Iterable[str], text: str) -> list[str]:
    """The canaries that a text holds in any form, in part, or without the signs between them."""
    lowered = text.casefold()
    squeezed = re.sub(r"(?<=\d)[ ().\-\u00a0]+(?=\d)", "", text)
    return [canary for canary in canaries if _shows(canary, text, lowered, squeezed)]


def _shows(canary: str, text: str, lowered: str, squeezed: str) -> bool:
    exact, folded, digits = _forms(canary)
    return (
        any(form in lowered for form in folded)
        or any(form in text for form in exact)
        or any(form in squeezed for form in digits)
    )


@cache
def _forms(canary: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Forms that are looked for as they are, in lower case, and in a text whose digits stand close together."""
    exact, folded = set(_encoded(canary)), set(_escaped(canary))
    for word in re.findall(r"[^\W\d_]+", canary):
        if len(word) >= PART and word.casefold() not in _WORDS:
            folded |= {word[n : n + PART] for n in range(len(word) - PART + 1)}
    number = "".join(re.findall(r"\d", canary))
    telephone = re.fullmatch(r"\+?[\d ]{10,15}", canary) is not None
    digits = {number[n : n + DIGITS] for n in range(len(number) - DIGITS + 1)} if telephone else set[str]()
    if telephone:
        exact |= {form for text in (number[-10:], number, f"+{number}") for form in _hashed(text)}
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", canary):
        folded |= set(_dates(date.fromisoformat(canary)))
    return frozenset(exact), frozenset(form.casefold() for form in folded), frozenset(digits)


_WORDS = frozenset(
    {"abcdef", "example", "consultation", "identity", "access", "current", "previous", "password", "notes"}
)
"""Words of canaries that are anybody's."""


def _escaped(text: str) -> Iterator[str]:
    yield text
    yield from (quote(text, safe=""), quote_plus(text), html.escape(text))
    yield from (json.dumps(text)[1:-1], json.dumps(json.dumps(text))[3:-3], ascii(text)[1:-1])
    yield "".join(f"\\u{ord(c):04x}" for c in text)
    yield "".join(f"%{byte:02x}" for byte in text.encode())
    yield binascii.hexlify(text.encode()).decode()
    yield text[::-1]


def _encoded(text: str) -> Iterator[str]:
    """Base64 at each of the three places that a text can have in it, without what its neighbours decide."""
    for offset in range(3):
        raw = b"\0" * offset + text.encode()
        whole = raw[: len(raw) // 3 * 3]
        for code in (base64.b64encode(whole), base64.urlsafe_b64encode(whole)):
            yield code.decode()[-(-offset * 4 // 3) :] if offset else code.decode()


def _hashed(text: str) -> Iterator[str]:
    """A hash without a key hides no telephone number: all of them are tried in a minute."""
    for name in ("md5", "sha1", "sha256"):
        digest = hashlib.new(name, text.encode(), usedforsecurity=False)
        yield digest.hexdigest()
        yield base64.b64encode(digest.digest()).decode()


def _dates(day: date) -> Iterator[str]:
    for form in ("%d-%m-%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y%m%d", "%d%m%Y", "%d %b %Y", "%d %B %Y"):
        yield day.strftime(form)
    yield repr((day.year, day.month, day.day))[1:-1]
