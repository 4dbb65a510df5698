"""Absolute dates in text."""

from __future__ import annotations

import re
from datetime import date

LAST_SAFE = date(2020, 12, 31)
"""What is older is past for good: a birth date, a recording, a start that has to be refused."""
_YEAR_FIRST = re.compile(r"(?<![\w.])(?P<y>(?:19|20)\d\d)(?P<s>[-/.]?)(?P<m>\d\d?)(?P=s)(?P<d>\d\d?)(?!\d)")
_DAY_FIRST = re.compile(r"(?<![\w.])(?P<d>\d\d?)[-/.](?P<m>\d\d?)[-/.](?P<y>20\d\d)(?!\d)")
_NAMED = re.compile(r"(?<!\d)(?P<d>\d\d?)[ /-](?P<m>[A-Z][a-z]{2})[a-z]*[ /-](?P<y>20\d\d)(?!\d)")
_EPOCH = re.compile(r"(?<![\w.])(?P<epoch>1[5-9]\d{8})(?:\d{3})?(?!\d)")
_CLOCK = re.compile(r"CLOCK='[^']*'")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def newer_dates(text: str) -> list[str]:
    """Return the absolute dates in a text, as they stand there, that are not past for good.

    A clock that the command itself sets (`CLOCK='…'`) is right on every day.
    """
    text = _CLOCK.sub("", text)
    return [
        found[0]
        for form in (_YEAR_FIRST, _DAY_FIRST, _NAMED, _EPOCH)
        for found in form.finditer(text)
        if _is_newer(found.groupdict())
    ]


def _is_newer(part: dict[str, str]) -> bool:
    if "epoch" in part:
        return date.fromtimestamp(int(part["epoch"])) > LAST_SAFE  # noqa: DTZ012 - a day more or less is no matter
    month = part["m"]
    number = _MONTHS.index(month) + 1 if month in _MONTHS else int(month) if month.isdigit() else 0
    try:
        return date(int(part["y"]), number, int(part["d"])) > LAST_SAFE
    except ValueError:
        return False
