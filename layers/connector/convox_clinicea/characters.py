"""Characters that a reader does not see, and what is left of a text without them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

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
