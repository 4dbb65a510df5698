"""Absolute dates in text, and the commands of a Markdown document."""

from __future__ import annotations

import re
import shlex
from datetime import date

LAST_SAFE = date(2020, 12, 31)
"""What is older is past for good: a birth date, a recording, a start that has to be refused."""
_YEAR_FIRST = re.compile(r"(?<![\w.])(?P<y>(?:19|20)\d\d)(?P<s>[-/.]?)(?P<m>\d\d?)(?P=s)(?P<d>\d\d?)(?!\d)")
_DAY_FIRST = re.compile(r"(?<![\w.])(?P<d>\d\d?)[-/.](?P<m>\d\d?)[-/.](?P<y>20\d\d)(?!\d)")
_NAMED = re.compile(r"(?<!\d)(?P<d>\d\d?)[ /-](?P<m>[A-Z][a-z]{2})[a-z]*[ /-](?P<y>20\d\d)(?!\d)")
_EPOCH = re.compile(r"(?<![\w.])(?P<epoch>1[5-9]\d{8})(?:\d{3})?(?!\d)")
_CLOCK = re.compile(r"CLOCK='[^']*'")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_PROGRAMS = {"aws", "curl", "export", "make", "python", "python3", "sam", "TOKEN", "API", "DAY"}


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


def commands(markdown: str) -> list[str]:
    """Return what a reader types: the lines after `$`, blocks without such a line, and `make …` within a sentence."""
    found = []
    outside = []
    for number, part in enumerate(re.split(r"^[ ]*```.*$", markdown, flags=re.MULTILINE)):
        if number % 2:
            found += _of_block(part.strip("\n").splitlines())
        else:
            outside.append(part)
    spans = re.findall(r"`([^`\n]+)`", "\n".join(outside))
    return found + [span for span in spans if _is_command(span)]


def _of_block(lines: list[str]) -> list[str]:
    transcript = any(line.lstrip().startswith("$ ") for line in lines)
    found: list[str] = []
    open_line = False
    for line in lines:
        if open_line:
            found[-1] += "\n" + line
        elif line.lstrip().startswith("$ ") if transcript else _is_command(line):
            found.append(line.strip().removeprefix("$ "))
        else:
            continue
        open_line = _goes_on(found[-1])
    return found


def _is_command(line: str) -> bool:
    return re.split(r"[ =]", line.strip(), maxsplit=1)[0].removeprefix(".venv/bin/") in _PROGRAMS


def _goes_on(command: str) -> bool:
    if command.endswith("\\"):
        return True
    try:
        shlex.split(command, comments=True)
    except ValueError:  # a quotation that is not closed
        return True
    return False
