"""Words and names as they are compared, in whatever script and from whatever keyboard they come."""

from __future__ import annotations

import re
import unicodedata

_SEPARATORS = re.compile(r"[\s_\-\u2010-\u2015]+")


def folded(word: str) -> str:
    """Return a word as words are compared: nothing that is not seen counts, nor case, nor how a sign was composed.

    Vowel signs may come composed or apart, and joiners that only shape the letters beside them (ZWNJ in Persian, ZWJ in
    Malayalam) are kept by one program and dropped by the next.
    """
    text = unicodedata.normalize("NFKC", word)
    seen = "".join(_seen(sign) for sign in text) if not text.isascii() or not text.isprintable() else text
    return unicodedata.normalize("NFKC", " ".join(seen.split()).casefold())


def as_words(text: str) -> str:
    """Return a disposition as dispositions are compared: folded, with `_`, dashes and any blank as one blank."""
    return folded(_SEPARATORS.sub(" ", text))


def _seen(sign: str) -> str:
    category = unicodedata.category(sign)
    if category == "Cf":
        return ""
    return " " if category.startswith("C") else sign
