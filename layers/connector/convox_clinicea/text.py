"""Normal forms of words, names and ids, and removal of invisible characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TypeVar

LOST = "\ufffd"
"""A decoder's replacement for an undecodable byte."""
JOINERS = "\u200c\u200d"
"""Zero-width characters that shape their neighbours; they are part of the text."""
_DIRECTION = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_ZERO_WIDTH = "\u00ad\u200b\u2060\ufeff"
_UNSEEN = _DIRECTION + _ZERO_WIDTH
_OF_NOBODY = re.compile("[\ue000-\uf8ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]")
"""Private-use characters and invisible tags, which only their sender understands."""
_MARKUP = str.maketrans("<>", "\u2039\u203a")
_FORMULA = "=+-@\t"
_LINE_ENDS = "\n\r\t\v\f\x1c\x1d\x1e\x1f\u2028\u2029"
_CONTROLS = "".join(map(chr, range(0x20))) + "\x7f"
_BLANKS = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\x85"
_AT_THE_ENDS = _BLANKS + _LINE_ENDS + _UNSEEN
_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_CHARACTER = re.compile(
    "[\ufdd0-\ufdef" + "".join(chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF)) + "]"
)


def _windows_1252() -> Mapping[int, str | None]:
    """Map the C1 controls to their Windows-1252 characters: U+0092 is an apostrophe."""
    signs = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
    return {code: sign or None for code, sign in signs.items()}


_GONE: Mapping[int, str | None] = dict.fromkeys(map(ord, _UNSEEN + _CONTROLS))
_ONE_LINE = {**_GONE, **_windows_1252(), **dict.fromkeys(map(ord, _LINE_ENDS), " ")}
_LINES = {**_ONE_LINE, **dict.fromkeys(map(ord, "\n\v\f\u2028\u2029"), "\n"), ord("\t"): "\t", ord("\r"): "\r"}


def plain_digits(text: str) -> str:
    """Return a text with the digits of any script as 0 to 9."""
    return text if text.isascii() else "".join(str(unicodedata.decimal(sign, sign)) for sign in text)


def trimmed(text: str) -> str:
    """Return a text without blanks, line ends and invisible characters at its ends."""
    return text.strip(_AT_THE_ENDS)


def may_be_an_id(text: str) -> bool:
    """Return whether a text has only visible characters, with a letter or digit, as ids of Clinicea have."""
    return text.isprintable() and any(map(str.isalnum, text))


def seen(text: str, *, lines: bool = False) -> str:
    """Return the visible part of a text, composed (NFC).

    Control characters, direction marks and zero-width characters except joiners are removed. A character unknown to
    this Python's Unicode version is kept: it may be a new emoji.

    Args:
        lines: whether line ends and tabs are kept; otherwise each becomes a blank.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _NO_CHARACTER.sub("", _SURROGATE.sub(LOST, unicodedata.normalize("NFC", text)))
    text = _OF_NOBODY.sub("", text)
    return text.translate(_LINES if lines else _ONE_LINE)


def harmless(text: str) -> str:
    """Return a text that is neither markup in a page nor a formula in a spreadsheet, and looks the same.

    Angle brackets become similar quotation marks. A character that starts a formula gets an apostrophe before it, as
    spreadsheets themselves write it.
    """
    text = text.translate(_MARKUP)
    return f"'{text}" if text[:1] in _FORMULA and text else text


def can_be_read(text: str) -> bool:
    """Return whether a text has a letter, a digit or a symbol, not only marks and invisible characters."""
    return any(unicodedata.category(sign)[0] in "LNS" for sign in text)


T = TypeVar("T")
LONGEST_WORD = 256
"""Characters. Composition takes quadratic time for a run of marks; no compared text is as long."""
_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u201b\u02bc\u02b9\u2032\u00b4\u0060\uff07"), "'")
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")
_PUNCTUATION = {**_APOSTROPHES, **_DASHES}
_SEPARATORS = re.compile(r"[\s_\-\u2010-\u2015]+")
_GUID = re.compile(r"[{(]?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})[)}]?", re.ASCII | re.IGNORECASE)
_UNSET_ID = re.compile(r"[0-]*|-[0-9]+", re.ASCII)
_WHOLE = re.compile(r"(-?[0-9]+)\.0+", re.ASCII)


def normalized(word: str) -> str:
    """Return a word for comparison: without differences of case, composition, invisible characters and end blanks.

    Vowel signs may be composed or separate. Joiners that only shape letters (ZWNJ in Persian, ZWJ in Malayalam) are
    removed, because programs treat them differently. A text of more than 256 characters is returned unchanged.
    """
    if len(word) > LONGEST_WORD:
        return word
    text = unicodedata.normalize("NFKC", word)
    seen = "".join(map(_seen, text)) if not text.isascii() or not text.isprintable() else text
    return unicodedata.normalize("NFKC", " ".join(seen.split()).casefold())


def as_words(text: str) -> str:
    """Return a phrase for comparison: `normalized`, with `_`, dashes and any blank as one blank."""
    return normalized(_SEPARATORS.sub(" ", text))


def normalized_name(name: str) -> str:
    """Return a person's name for comparison: `normalized`, with ASCII apostrophes and dashes."""
    # Before and after: NFKC turns some apostrophes into a blank and an accent, and some letters into apostrophes.
    return normalized(name.translate(_PUNCTUATION)).translate(_PUNCTUATION)


@lru_cache(maxsize=10_000)  # the nightly comparison needs each id of a day hundreds of times
def id_key(identifier: str) -> str:
    """Return the form for comparison of Clinicea's ids: `{41A0…}` equals `41a0…`, and `41.0` equals `41`.

    GUIDs are parsed as in .NET: in any case, in braces or brackets, with hyphens or without. Other ids keep their case
    and leading zeros.
    """
    text = identifier.strip()
    if found := _GUID.fullmatch(text):
        digits = found[1].replace("-", "").lower()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    if found := _WHOLE.fullmatch(text):
        return found[1]
    return text


def is_unset_id(identifier: str) -> bool:
    """Return whether an id means an unset one: 0, a negative number, a GUID of zeros, in any spelling."""
    return _UNSET_ID.fullmatch(id_key(identifier)) is not None


def same_id(one: str | None, other: str | None) -> bool:
    """Return whether both ids are known and equal."""
    return one is not None and other is not None and id_key(one) == id_key(other)


def each_once(records: Iterable[T], id_of: Callable[[T], str]) -> list[T]:
    """Return the first record of each id, in order."""
    kept: dict[str, T] = {}
    for record in records:
        kept.setdefault(id_key(id_of(record)), record)
    return list(kept.values())


def id_spellings(identifier: str) -> tuple[str, ...]:
    """Return the spellings of an id in stored keys: its `id_key`, then those of earlier releases."""
    key = id_key(identifier)
    return tuple(dict.fromkeys((key, identifier, key.upper() if _GUID.fullmatch(key) else key)))


def _seen(sign: str) -> str:
    category = unicodedata.category(sign)
    if category == "Cf":
        return ""
    return " " if category.startswith("C") else sign
