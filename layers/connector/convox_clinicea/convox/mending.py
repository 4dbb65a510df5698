"""Repairs hand-made JSON if there is only one way to read it."""

from __future__ import annotations

import re

# A string ends at its quotation mark or with the text, so that each character is matched once.
_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.?)*(?:"|\Z))'
    r"|(?P<comma>,(?=[\s\x00-\x1f\u200b-\u200f\ufeff]*[}\]]))"
    r"|(?P<blank>[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u00a0\u200b-\u200f\u2028\u2029\u202f\ufeff]+)",
    re.DOTALL,
)
_INSIDE = re.compile(
    r"(?P<control>[\x00-\x1f])"
    r"|\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|u[0-9a-fA-F]{4}|[\"\\/bfnrt]|(?P<quote>')|(?P<other>.?))",
    re.DOTALL,
)


def mended(text: str) -> str:
    r"""Return valid JSON for unambiguous violations of its grammar.

    These are raw line breaks and control characters in strings, unknown escapes such as `\'` and `C:\data`, half a
    surrogate pair (which becomes U+FFFD), a trailing comma, and blanks outside of ASCII.
    """
    return _TOKEN.sub(_token, text)


def _token(found: re.Match[str]) -> str:
    if found.lastgroup == "string":
        return _INSIDE.sub(_inside, found[0])
    return "" if found.lastgroup == "comma" else " "


def _inside(found: re.Match[str]) -> str:
    if (control := found["control"]) is not None:
        return f"\\u{ord(control):04x}"
    if found["half"] is not None:
        return "\\ufffd"
    if found["quote"] is not None:
        return "'"
    return found[0] if found["other"] is None else "\\\\" + _INSIDE.sub(_inside, found["other"])
