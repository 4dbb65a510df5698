"""Time, handed to the core so that a test can own it."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_ZONE = "Asia/Kolkata"


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """The present instant, aware."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is advanced."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock starts at an aware datetime")
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float = 0, *, minutes: float = 0) -> None:
        """Move on; a clock never goes back."""
        step = timedelta(seconds=seconds, minutes=minutes)
        if step < timedelta(0):
            raise ValueError("a clock never goes back")
        self._now += step


def is_zone(name: str) -> bool:
    """Whether there is a time zone of that name."""
    try:
        zone_named(name)
    except ValueError:
        return False
    return True


def zone_named(name: str) -> tzinfo:
    """The time zone of that name; raises ValueError for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        # A bare container may have no zone database; the default zone has had one offset since 1945.
        if name == DEFAULT_ZONE:
            return timezone(timedelta(hours=5, minutes=30), name)
        raise ValueError(f"unknown time zone {name!r}") from error
