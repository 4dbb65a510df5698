"""Text as it is compared: characters that nobody sees, and the normal form of words, names and ids."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TypeVar

LOST = "\ufffd"
"""What a decoder writes for a byte that it could not read: the character itself is gone."""
JOINERS = "\u200c\u200d"
"""Zero-width signs that shape the letters beside them; they are part of the text."""
_DIRECTION = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_ZERO_WIDTH = "\u00ad\u200b\u2060\ufeff"
_UNSEEN = _DIRECTION + _ZERO_WIDTH
_OF_NOBODY = re.compile("[\ue000-\uf8ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]")
"""Private use, and the tags that no reader sees: what they mean only their sender knows."""
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
    """Map the C1 controls to what Windows means by them: U+0092 is an apostrophe there."""
    signs = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
    return {code: sign or None for code, sign in signs.items()}


_GONE: Mapping[int, str | None] = dict.fromkeys(map(ord, _UNSEEN + _CONTROLS))
_ONE_LINE = {**_GONE, **_windows_1252(), **dict.fromkeys(map(ord, _LINE_ENDS), " ")}
_LINES = {**_ONE_LINE, **dict.fromkeys(map(ord, "\n\v\f\u2028\u2029"), "\n"), ord("\t"): "\t", ord("\r"): "\r"}


def plain_digits(text: str) -> str:
    """Return a text with its digits, of whatever script, as 0 to 9."""
    return text if text.isascii() else "".join(str(unicodedata.decimal(sign, sign)) for sign in text)


def trimmed(text: str) -> str:
    """Return a text without the blanks, line ends and unseen characters at its ends."""
    return text.strip(_AT_THE_ENDS)


def may_be_an_id(text: str) -> bool:
    """Whether all of a text can be seen, a letter or a digit among it: ids of Clinicea may hold any sign else."""
    return text.isprintable() and any(map(str.isalnum, text))


def seen(text: str, *, lines: bool = False) -> str:
    """Return what a reader sees of a text, composed (NFC).

    Control characters, direction marks and zero-width characters are dropped, but for joiners. A character that this
    Python's Unicode does not know yet is kept: it may be an emoji of this year.

    Args:
        lines: whether line ends and tabs stay; otherwise each is a blank.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _NO_CHARACTER.sub("", _SURROGATE.sub(LOST, unicodedata.normalize("NFC", text)))
    text = _OF_NOBODY.sub("", text)
    return text.translate(_LINES if lines else _ONE_LINE)


def harmless(text: str) -> str:
    """Return a text that no page takes for markup and no spreadsheet for a formula; a reader reads the same.

    Angle brackets become the quotation marks that look like them; an apostrophe before a sign that starts a formula
    is what spreadsheets themselves write.
    """
    text = text.translate(_MARKUP)
    return f"'{text}" if text[:1] in _FORMULA and text else text


def can_be_read(text: str) -> bool:
    """Whether there is a letter, a digit or a symbol in a text, not only marks and signs that nobody sees."""
    return any(unicodedata.category(sign)[0] in "LNS" for sign in text)


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
