"""From ConVox's way of writing a value to ours: moments, dates, durations, consent, gender.

A value that cannot be read so is passed on as it came; the request's model then says what is wrong with it.
"""

from __future__ import annotations

import re
from typing import Any

from convox_clinicea.convox.dialect import Dialect
from convox_clinicea.convox.folding import folded
from convox_clinicea.convox.vocabulary import DATES, DURATIONS, MOMENTS

_DATE = r"(?:(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}))"
_TIME = r"(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?(?: ?([AaPp])\.?[Mm]\.?)?"
_OFFSET = r"([Zz]|[+-]\d{2}:?\d{2}| (?:0\d|1[0-4]):(?:00|30|45))?"  # a query loses the + of an offset
_ONLY_DATE = re.compile(_DATE, re.ASCII)
_MOMENT = re.compile(rf"{_DATE}[Tt ] ?{_TIME}{_OFFSET}", re.ASCII)
_ZEROS = re.compile(r"(0000([-/.])00\2(00)|00([-/.])00\4(0000))([Tt ]00:00(:00)?)?", re.ASCII)
_MIDNIGHT = re.compile(r"[Tt ]00:00(:00)?$", re.ASCII)
_MINUTES = re.compile(r"(\d{1,4})(?: ?(?:m|min|mins|minute|minutes))?", re.ASCII | re.IGNORECASE)
_HOURS = re.compile(r"(\d{1,2}) ?(?:h|hr|hrs|hour|hours)", re.ASCII | re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::00)?", re.ASCII)


def is_missing(value: Any, dialect: Dialect) -> bool:
    """Whether a value stands for nothing: null, blank, a word for it, or a date of zeros [1x]."""
    if not isinstance(value, str):
        return value is None
    text = value.strip()
    return not text or text in dialect.missing or _ZEROS.fullmatch(text) is not None


def canonical(name: str, value: Any, dialect: Dialect) -> Any:
    """Return the value of a field as our models write it, or as it came."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**20:
        value = str(value)
    if not isinstance(value, str):
        return value
    if name in MOMENTS:
        return moment(value, dialect) or value
    if name in DATES:
        return _date(_ONLY_DATE.fullmatch(value.strip(" ")), dialect) or value
    if name in DURATIONS:
        return _minutes(value.strip(" "))
    if name == "consent.given":
        return dialect.consent.get(folded(value), value)
    if name == "gender":
        return dialect.genders.get(folded(value), value)
    return value


def moment(text: str, dialect: Dialect) -> str | None:
    """Return date and time as ISO 8601, its offset kept where it has one; None if it is no such thing."""
    found = _MOMENT.fullmatch(text.strip(" "))
    day = _date(found, dialect)
    if found is None or day is None:
        return None
    time = _time(found.groups()[6:11])
    offset = (found[12] or "").upper().replace(" ", "+")
    return None if time is None else f"{day}T{time}{offset}"


def joined(dialect: Dialect, date: Any, time: Any, hours: Any, minutes: Any) -> Any:
    """Return the moment that came in pieces, or a text that no model takes for one.

    No minutes beside hours are the full hour, and a date that is written as its midnight is a date [assumed].
    """
    if time is None and hours is None:
        return canonical("start", date, dialect)
    if time is None:
        time = f"{_number(hours)}:{_number('00' if minutes is None else minutes):0>2}"
    if not isinstance(date, str) or not isinstance(time, str):
        return date
    day = _MIDNIGHT.sub("", date.strip(" "))
    text = f"{day} {time.strip(' ')}"
    return moment(text, dialect) or text if _ONLY_DATE.fullmatch(day) else f"{text}, which is two times"


def _number(value: Any) -> str:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if re.fullmatch(r"[0-9]{1,2}", text) else "none"


def _date(found: re.Match[str] | None, dialect: Dialect) -> str | None:
    if found is None:
        return None
    year, month, day, first, second, last = found.groups()[:6]
    if year is None:
        if dialect.date_order == "ymd":
            return None
        year = last
        day, month = (first, second) if dialect.date_order == "dmy" else (second, first)
    return f"{year}-{month:0>2}-{day:0>2}"


def _time(parts: tuple[str | None, ...]) -> str | None:
    hour, minute, second, fraction, half = parts
    hours = int(hour or 0)
    if half:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half.lower() == "p" else 0)
    return f"{hours:02}:{minute}:{second or '00'}{fraction or ''}"


def _minutes(text: str) -> int | str:
    if found := _MINUTES.fullmatch(text):
        return int(found[1])
    if found := _HOURS.fullmatch(text):
        return 60 * int(found[1])
    if found := _CLOCK.fullmatch(text):
        return 60 * int(found[1]) + int(found[2])
    return text
