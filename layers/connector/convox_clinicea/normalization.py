"""Words, names and ids as they are compared; what is stored and shown stays as it came."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")
LONGEST_WORD = 256
"""Characters. Composing takes the square of a run of marks; nothing that is compared here is as long."""
_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u201b\u02bc\u02b9\u2032\u00b4\u0060\uff07"), "'")
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")
_PUNCTUATION = {**_APOSTROPHES, **_DASHES}
_SEPARATORS = re.compile(r"[\s_\-\u2010-\u2015]+")
_GUID = re.compile(r"[{(]?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})[)}]?", re.ASCII | re.IGNORECASE)
_UNSET_ID = re.compile(r"[0-]*|-[0-9]+", re.ASCII)
_WHOLE = re.compile(r"(-?[0-9]+)\.0+", re.ASCII)


def normalized(word: str) -> str:
    """Return a word without what does not distinguish it: case, composition, invisible signs, blanks at its ends.

    Vowel signs may come composed or apart. Joiners that only shape the letters beside them (ZWNJ in Persian, ZWJ in
    Malayalam) are kept by one program and dropped by the next. A text of more than 256 characters is left as it is.
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
    """Return a person's name for comparison: `normalized`, with every apostrophe and dash as the keyboard's own."""
    # Before and after: NFKC makes a blank and an accent of some apostrophes, and one more out of a few letters.
    return normalized(name.translate(_PUNCTUATION)).translate(_PUNCTUATION)


@lru_cache(maxsize=10_000)  # a comparison of ledger and calendar asks for each id of a day hundreds of times
def id_key(identifier: str) -> str:
    """Return the form by which two of Clinicea's ids are compared: `{41A0…}` and `41a0…`, `41.0` and `41` are one.

    A GUID is read as .NET does: in any case, in braces or brackets, with hyphens or without. Any other id keeps its
    case and its leading zeros.
    """
    text = identifier.strip()
    if found := _GUID.fullmatch(text):
        digits = found[1].replace("-", "").lower()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    if found := _WHOLE.fullmatch(text):
        return found[1]
    return text


def is_unset_id(identifier: str) -> bool:
    """Whether an id stands for none: 0, a negative number, a GUID of zeros, with decimals or in braces."""
    return _UNSET_ID.fullmatch(id_key(identifier)) is not None


def same_id(one: str | None, other: str | None) -> bool:
    """Whether both are known and the same id."""
    return one is not None and other is not None and id_key(one) == id_key(other)


def each_once(records: Iterable[T], id_of: Callable[[T], str]) -> list[T]:
    """Return records in their order, the first of those with the same id."""
    kept: dict[str, T] = {}
    for record in records:
        kept.setdefault(id_key(id_of(record)), record)
    return list(kept.values())


def id_spellings(identifier: str) -> tuple[str, ...]:
    """Return how an id may stand in a stored key: its `id_key`, then what releases before kept as it came."""
    key = id_key(identifier)
    return tuple(dict.fromkeys((key, identifier, key.upper() if _GUID.fullmatch(key) else key)))


def _seen(sign: str) -> str:
    category = unicodedata.category(sign)
    if category == "Cf":
        return ""
    return " " if category.startswith("C") else sign
