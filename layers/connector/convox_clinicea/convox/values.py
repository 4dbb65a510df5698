"""Parses ConVox's values: moments, dates, durations, consent, gender.

A value that cannot be parsed is passed on unchanged; the request's model then reports the error.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Any

from convox_clinicea.convox.dialect import Dialect
from convox_clinicea.convox.fields import (
    CHOSEN,
    DATES,
    DISPOSITIONS,
    DURATIONS,
    IDS,
    MOMENTS,
    NOT_CHOSEN,
    TEXTS,
    stands_for_no_id,
)
from convox_clinicea.text import normalized, seen, trimmed

_DATE = r"(?:(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}))"
_TIME = r"(\d{1,2}):(\d{2})(?::(\d{2})([.,]\d{1,9})?)?(?: ?([AaPp])\.?[Mm]\.?)?"
# A query string turns the + of an offset into a blank; Java appends the zone's name.
_HOURS_OFF = r"(?:0\d|1[0-4])"
_OFFSET = rf"(?:( ?[Zz]| ?[+-]{_HOURS_OFF}:?[0-5]\d| {_HOURS_OFF}:(?:00|30|45))(?:\[[\w/+-]{{1,40}}\])?)?"
_ONLY_DATE = re.compile(_DATE, re.ASCII)
_MOMENT = re.compile(rf"{_DATE}(?:[Tt]|,? ){_TIME}{_OFFSET}", re.ASCII)
_FROM_TO = re.compile(r"( \d{2}:\d{2})(?: ?)-( ?\d{2}:\d{2})$", re.ASCII)
"""Not an offset: a slot, from and to."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_JAVASCRIPT = re.compile(
    rf"\w{{3}} ({'|'.join(_MONTHS)}) (\d{{2}}) (\d{{4}}) (\d{{2}}:\d{{2}}:\d{{2}}) GMT([+-]\d{{4}})(?: \(.{{1,60}}\))?",
    re.ASCII,
)
_ZERO_TIME = r"00:00(:00([.,]0{1,9})?)?"
_ZEROS = re.compile(rf"(0000([-/.])00\2(00)|00([-/.])00\4(0000))(([Tt]| )({_ZERO_TIME}))?", re.ASCII)
_MIDNIGHT = re.compile(rf"[Tt ]{_ZERO_TIME}( ?(?:[Zz]|[+-]\d{{2}}:?\d{{2}}))?$", re.ASCII)
_MIDNIGHT_HERE = re.compile(rf"[Tt ]{_ZERO_TIME}$", re.ASCII)
_NO_DAY = re.compile(r"(?:0001-01-01|1753-01-01|1899-12-30|1900-01-01|1970-01-01)[Tt ](?=\d{2}:)", re.ASCII)
"""The date that .NET, SQL Server, Excel and JavaScript put before a time without a date."""
_NO_BIRTH = re.compile(r"(?:0001-01-01|1753-01-01|1899-12-3[01]|1900-01-01|9999-12-31)(?:[Tt ].*)?", re.ASCII)
"""Dates that mean an unset one. 1970-01-01 is a possible birth date."""
_NOTHING = frozenset({"undefined", "[object Object]", "[]", "{}", "NaN"})
"""Texts of programs for a missing value; the deployment's own words are in the dialect."""
_CHOOSE = r"(?:please )?(?:select|choose)(?: [\w ]{1,40})?"
_UNSELECTED = re.compile(rf"-+ ?{_CHOOSE} ?-*|{_CHOOSE} ?-+", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_MINUTES = re.compile(r"(\d{1,4})(?: ?(?:m|min|mins|minute|minutes))?", re.ASCII | re.IGNORECASE)
_HOURS = re.compile(r"(\d{1,2}) ?(?:h|hr|hrs|hour|hours)", re.ASCII | re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::00)?", re.ASCII)


def is_missing(name: str, value: Any, dialect: Dialect) -> bool:
    """Return whether a field's value means a missing one, in any form that programs use.

    These are null, `false` (except for consent), an empty list or object, blanks, only punctuation, a word for a
    missing value, a list's first line (`--Select--`), a date of zeros [1x], 0 for a choice, an unset birth date.
    """
    if value is None or value is False:
        return value is None or name != "consent.given"
    if isinstance(value, list | dict):
        return not value or (len(value) == 1 and isinstance(value, list) and is_missing(name, value[0], dialect))
    text = trimmed(unescaped(str(value)))
    if not text or text in dialect.missing or text in _NOTHING or _ZEROS.fullmatch(text) or _UNSELECTED.fullmatch(text):
        return True
    if name in IDS and (stands_for_no_id(text) or text.casefold() in map(str.casefold, dialect.missing)):
        return True
    if name in CHOSEN and NOT_CHOSEN.fullmatch(text) is not None:
        return True
    if name in DATES and _NO_BIRTH.fullmatch(text) is not None:
        return True
    if name == "mobile" or any(map(str.isalnum, text)):
        return False
    return all(unicodedata.category(sign)[0] in "PZC" for sign in text)


def unescaped(text: str) -> str:
    """Decode the HTML entities of a text, escaped once or twice: `O&#039;Brien`, `Asha&nbsp;Rao`."""
    for _ in range(2 if "&" in text else 0):
        text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    return text


def canonical(name: str, value: Any, dialect: Dialect) -> Any:
    """Return a field's value in canonical form, or unchanged if it cannot be parsed."""
    if isinstance(value, list) and name in DISPOSITIONS:
        value = "~".join(each for each in value if isinstance(each, str)) or value
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str | int) and value[0] is not True:
        value = value[0]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**20:
        value = str(value)
    if not isinstance(value, str):
        return value
    if name in TEXTS:
        return unescaped(value)
    if name in MOMENTS:
        return moment(value, dialect) or _FROM_TO.sub(r"\1 to \2", value)
    if name in DATES:
        return _date(_ONLY_DATE.fullmatch(_MIDNIGHT_HERE.sub("", _plain(value))), dialect) or value
    if name in DURATIONS:
        return _minutes(_plain(value))
    if name == "consent.given":
        return dialect.consent.get(normalized(value), value)
    if name == "gender":
        return dialect.genders.get(normalized(value), value)
    return value


def _plain(text: str) -> str:
    """Return a text with plain blanks and without invisible characters."""
    return " ".join(seen(text).split())


def moment(text: str, dialect: Dialect) -> str | None:
    """Return a date with time as ISO 8601, with its offset if it has one; None if it cannot be parsed.

    Accepts the forms of ISO 8601, ConVox, .NET (seven decimals), Java (nine, and the zone's name), SQL Server (a blank
    before the offset) and JavaScript (U+202F before PM).
    """
    text = _plain(text)
    if js := _JAVASCRIPT.fullmatch(text):
        return f"{js[3]}-{_MONTHS.index(js[1]) + 1:02}-{js[2]}T{js[4]}{js[5]}"
    found = _MOMENT.fullmatch(text)
    day = _date(found, dialect)
    if found is None or day is None:
        return None
    time = _time(found.groups()[6:11])
    written = (found[12] or "").upper()
    if _FROM_TO.search(text):
        return None
    offset = written.strip() if written.lstrip(" ").startswith(("Z", "+", "-")) else written.replace(" ", "+")
    return None if time is None else f"{day}T{time}{offset}"


def joined(dialect: Dialect, date: Any, time: Any, hours: Any, minutes: Any, half: Any) -> Any:
    """Return the moment from its parts, or a text that fails validation.

    Hours without minutes mean the full hour, and a date written as its midnight means the date [assumed].
    """
    if time is None and hours is None:
        return canonical("start", date, dialect)
    if time is None:
        time = f"{_number(hours)}:{_number('00' if minutes is None else minutes):0>2}"
    if not isinstance(date, str) or not isinstance(time, str):
        return date
    day = _MIDNIGHT.sub("", _plain(date))
    text = f"{day} {_NO_DAY.sub('', _plain(time))}"
    if half is not None:
        text = f"{text} {half}"
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
    return f"{hours:02}:{minute}:{second or '00'}{(fraction or '').replace(',', '.')[:7]}"


def _minutes(text: str) -> int | str:
    if found := _MINUTES.fullmatch(text):
        return int(found[1])
    if found := _HOURS.fullmatch(text):
        return 60 * int(found[1])
    if found := _CLOCK.fullmatch(text):
        return 60 * int(found[1]) + int(found[2])
    return text
