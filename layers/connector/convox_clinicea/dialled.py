"""Plain forms of telephone numbers, and exchanges' texts for a missing one."""

from __future__ import annotations

import re
import unicodedata

from convox_clinicea.text import plain_digits, seen, trimmed

_SCHEME = re.compile(r"(?:tel|callto):(?://)?", re.IGNORECASE)
_FLOAT = re.compile(r"(?<=[0-9]{7})\.0$")
"""Suffix of a number from a spreadsheet or a float."""
_OTHER_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63]")
_SIP = re.compile(r"sips?:([^@;?]{1,60})(?:[@;?].{0,200})?", re.IGNORECASE)
"""A SIP address; the part before its host is the number, or a text for a missing one."""
_NAMED = re.compile(r"[^<>]{0,60}<([^<>]{1,280})>")
"""A name with an address: `"Anonymous" <sip:anonymous@anonymous.invalid>`."""
_OF_A_CALLER = r"(?:caller(?: ?id)?|calling|cli|id|line|name|no|number|party|subscriber|user)"
_WITHHELD = re.compile(
    rf"(?:{_OF_A_CALLER} )?"
    r"(?:anonymo?us|blocked|hidden|not available|not disclosed|out of area|private|restricted|secret|unavailable"
    r"|undisclosed|unidentified|unknown|withheld)"
    rf"(?: {_OF_A_CALLER}){{0,2}}"
    r"|no (?:caller ?id|cli|id|number)|o|p|[+]?266696687|-1"
)
"""Exchanges' texts for a withheld number; 266696687 is "anonymous" on a telephone's keys, and analogue lines send `P`
and `O` (private, out of area)."""
_SUPPRESSING = re.compile(r"(?:[*]67|[*]31#|#31#).*")
"""Prefix dialled to withhold one's own number: the number after it is not the caller's."""
_SHORT = re.compile(r"[0-9]{1,6}")
"""An internal extension, or zeros; national numbers are longer."""


def plain(text: str) -> str:
    """Return a number's text in plain form: ASCII digits, one kind of dash and blank, no scheme."""
    if not text.isascii():
        text = plain_digits(unicodedata.normalize("NFKC", _OTHER_DASHES.sub("-", seen(text))))
    text = " ".join(_SCHEME.sub("", trimmed(text), count=1).split())
    address = _SIP.fullmatch(text)
    text = text if address is None else address[1].strip()
    return _FLOAT.sub("", text)


def is_withheld(written: str) -> bool:
    """Return whether a plain text means a withheld number, or has a prefix that withholds one."""
    named = _NAMED.fullmatch(written)
    text = written if named is None else plain(named[1])
    words = " ".join(re.sub(r"[_\s]|(?<=[a-z])-", " ", text.strip("\"'()[] ").casefold()).split())
    host = words.removesuffix("@anonymous.invalid")
    return _WITHHELD.fullmatch(host) is not None or _SUPPRESSING.fullmatch(text) is not None


def has_no_number(text: str) -> bool:
    """Return whether a text is an exchange's text for a withheld number, or an internal number."""
    written = plain(text)
    return is_withheld(written) or _SHORT.fullmatch(written) is not None
