"""How a telephone number may be written, in plain signs, and what exchanges write in place of one."""

from __future__ import annotations

import re
import unicodedata

from convox_clinicea.characters import plain_digits, seen, trimmed

_SCHEME = re.compile(r"(?:tel|callto):(?://)?", re.IGNORECASE)
_FLOAT = re.compile(r"(?<=[0-9]{7})\.0$")
"""What a spreadsheet or a float adds to a number."""
_OTHER_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63]")
_WITHHELD = frozenset(
    {
        "anonymous",
        "anonymus",
        "blocked",
        "hidden",
        "no caller id",
        "no number",
        "not available",
        "number withheld",
        "out of area",
        "private",
        "private number",
        "restricted",
        "unavailable",
        "unidentified",
        "unknown",
        "unknown number",
        "withheld",
        "266696687",
        "+266696687",
        "-1",
    }
)
"""What exchanges write in place of a caller's number; 266696687 is "anonymous" on a telephone's keys."""
_SHORT = re.compile(r"[0-9]{1,6}")
"""An extension of the exchange itself, or zeros; national numbers are longer."""


def plain(text: str) -> str:
    """Return a number's text in plain signs: ASCII digits of any script's, one kind of dash and blank, no `tel:`."""
    if not text.isascii():
        text = plain_digits(unicodedata.normalize("NFKC", _OTHER_DASHES.sub("-", seen(text))))
    text = " ".join(_SCHEME.sub("", trimmed(text), count=1).split())
    return _FLOAT.sub("", text)


def is_withheld(written: str) -> bool:
    """Whether a text in plain signs is a word for a withheld number."""
    return written.casefold() in _WITHHELD


def has_no_number(text: str) -> bool:
    """Whether a text is what an exchange writes for a withheld number, or the number of an internal telephone."""
    written = plain(text)
    return is_withheld(written) or _SHORT.fullmatch(written) is not None
