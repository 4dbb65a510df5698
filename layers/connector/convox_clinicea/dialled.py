"""How a telephone number may be written, in plain signs, and what exchanges write in place of one."""

from __future__ import annotations

import re
import unicodedata

from convox_clinicea.text import plain_digits, seen, trimmed

_SCHEME = re.compile(r"(?:tel|callto):(?://)?", re.IGNORECASE)
_FLOAT = re.compile(r"(?<=[0-9]{7})\.0$")
"""What a spreadsheet or a float adds to a number."""
_OTHER_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63]")
_SIP = re.compile(r"sips?:([^@;?]{1,60})(?:[@;?].{0,200})?", re.IGNORECASE)
"""An address of SIP; what stands before its host is the number, or the word in place of one."""
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
"""What exchanges write in place of a caller's number; 266696687 is "anonymous" on a telephone's keys, and analogue
lines send `P` and `O` (private, out of area)."""
_SUPPRESSING = re.compile(r"(?:[*]67|[*]31#|#31#).*")
"""What is dialled before a number to withhold one's own: the number behind it is not the caller's."""
_SHORT = re.compile(r"[0-9]{1,6}")
"""An extension of the exchange itself, or zeros; national numbers are longer."""


def plain(text: str) -> str:
    """Return a number's text in plain signs: ASCII digits of any script's, one kind of dash and blank, no scheme."""
    if not text.isascii():
        text = plain_digits(unicodedata.normalize("NFKC", _OTHER_DASHES.sub("-", seen(text))))
    text = " ".join(_SCHEME.sub("", trimmed(text), count=1).split())
    address = _SIP.fullmatch(text)
    text = text if address is None else address[1].strip()
    return _FLOAT.sub("", text)


def is_withheld(written: str) -> bool:
    """Whether a text in plain signs is a word for a withheld number, or withholds one."""
    named = _NAMED.fullmatch(written)
    text = written if named is None else plain(named[1])
    words = " ".join(re.sub(r"[_\s]|(?<=[a-z])-", " ", text.strip("\"'()[] ").casefold()).split())
    host = words.removesuffix("@anonymous.invalid")
    return _WITHHELD.fullmatch(host) is not None or _SUPPRESSING.fullmatch(text) is not None


def has_no_number(text: str) -> bool:
    """Whether a text is what an exchange writes for a withheld number, or the number of an internal telephone."""
    written = plain(text)
    return is_withheld(written) or _SHORT.fullmatch(written) is not None
