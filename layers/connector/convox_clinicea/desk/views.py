"""Templates, and the files that pages load: each under a name that holds its hash, so it may be kept for ever."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from convox_clinicea.bookings.tasks import TaskReason
from convox_clinicea.desk.texts import field_name, text
from convox_clinicea.mobile import Mobile
from convox_clinicea.privacy import Personal

HERE = Path(__file__).parent
KINDS: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class Assets:
    """The files below these folders. They are text: binary answers need a setting of the whole API."""

    def __init__(self, *folders: Path) -> None:
        found = [path for folder in folders for path in sorted(folder.glob("*")) if path.suffix in KINDS]
        self._named = {path.name: f"{path.stem}-{_digest(path)}{path.suffix}" for path in found}
        self._paths = {self._named[path.name]: path for path in found}

    def name(self, file: str) -> str | None:
        """Return the hashed name of a file, or None where the function was built without it."""
        return self._named.get(file)

    def read(self, name: str) -> tuple[str, str] | None:
        """Return text and content type of a hashed name, or None."""
        path = self._paths.get(name)
        return None if path is None else (path.read_text("utf-8"), KINDS[path.suffix])


@cache
def assets() -> Assets:
    """Return the layer's own files, and those that the function's build put beside its handler."""
    return Assets(HERE / "static", Path(os.environ.get("LAMBDA_TASK_ROOT", HERE)) / "static")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= {"t": text, "field_name": field_name, "asset": assets().name, "reasons": tuple(TaskReason)}
    made.filters |= {"shown": shown, "clock": clock_time, "day": day, "moment": moment, "age": age, "number": number}
    return made


def render(template: str, /, **values: Any) -> str:
    """Return a template filled in; every value is escaped."""
    return _environment().get_template(f"{template}.html").render(**values)


def shown(value: object) -> str:
    """Return a value for the eyes of the agent: here a personal one leaves its wrapping."""
    revealed = value.reveal() if isinstance(value, Personal) else value
    return "" if revealed is None else str(revealed)


def number(mobile: Mobile) -> str:
    """Return a number as it is read out, such as +91 99999 00001."""
    digits = mobile.national_number
    half = (len(digits) + 1) // 2
    return f"+{mobile.country_code} {digits[:half]} {digits[half:]}"


def age(born: Personal[date], now: datetime) -> int:
    """Return the age in whole years."""
    day_ = born.reveal()
    return now.year - day_.year - ((now.month, now.day) < (day_.month, day_.day))


def clock_time(moment_: datetime, zone: str) -> str:
    """Return the time of day in a zone, such as 09:05."""
    return moment_.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def day(moment_: datetime, zone: str) -> str:
    """Return a day in a zone, such as Wed 2 Dec."""
    return day_of(moment_.astimezone(ZoneInfo(zone)))


def day_of(date_: date) -> str:
    """Return a day of the calendar, such as Wed 2 Dec."""
    return f"{date_:%a} {date_.day} {date_:%b}"


def moment(moment_: datetime, zone: str) -> str:
    """Return day and time in a zone."""
    return f"{day(moment_, zone)} {clock_time(moment_, zone)}"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
