"""Clocks for the core, which tests can replace."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_ZONE = "Asia/Kolkata"


class Clock(Protocol):
    """Source of time."""

    def now(self) -> datetime:
        """Return the current time, aware."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that only moves when it is advanced."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock starts at an aware datetime")
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float = 0, *, minutes: float = 0) -> None:
        """Advance the clock; it never goes back."""
        step = timedelta(seconds=seconds, minutes=minutes)
        if step < timedelta(0):
            raise ValueError("a clock never goes back")
        self._now += step


def is_zone(name: str) -> bool:
    """Return whether the time zone exists."""
    try:
        zone_named(name)
    except ValueError:
        return False
    return True


def zone_named(name: str) -> tzinfo:
    """Return the time zone of a name; raises ValueError for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        # A bare container may have no zone database; the default zone has had one offset since 1945.
        if name == DEFAULT_ZONE:
            return timezone(timedelta(hours=5, minutes=30), name)
        raise ValueError(f"unknown time zone {name!r}") from error
