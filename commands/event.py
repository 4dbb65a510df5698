"""Prints a sample event of `events/` moved to now: `python3 -m commands.event book_appointment`.

The files hold recordings of January 2020, as valid JSON for `sam local invoke`. A start must be in the next 365 days,
so no fixed date stays valid. This moves the recording's times by the time since then.
"""

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

Json = dict[str, Any]
FOLDER = Path(__file__).parents[1] / "events"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
RECORDED = datetime(2020, 1, 6, 6, 30, tzinfo=UTC)
"""Time of the recorded requests. All times of a recording are of this year, and no birth date is."""
CLINIC_ZONE = timezone(timedelta(hours=5, minutes=30))
_LOCAL = re.compile(r"2020-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?")
_INSTANT = re.compile(r"2020-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_GATEWAY = "%d/%b/%Y:%H:%M:%S +0000"
_EPOCHS = {"requestTimeEpoch", "SentTimestamp", "ApproximateFirstReceiveTimestamp"}
"""Milliseconds, as a number or as text."""


def recorded(name: str) -> Json:
    """Return a function's file in `events/` unchanged."""
    event: Json = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return event


def event(name: str, now: datetime) -> Json:
    """Return the sample event of a function, moved to `now`, an aware moment.

    Moments keep their distance from the request. Local dates move by whole days, so an appointment at 11:00 on the
    third day stays at 11:00.
    """
    moved: Json = _Moving(now).value("", recorded(name))
    return moved


class _Moving:
    def __init__(self, now: datetime) -> None:
        self._passed = now - RECORDED
        self._days = now.astimezone(CLINIC_ZONE).date() - RECORDED.astimezone(CLINIC_ZONE).date()

    def value(self, name: str, old: Any) -> Any:
        """Return a value of an event, moved; `name` is its key."""
        match old:
            case dict():
                return {key: self.value(key, each) for key, each in old.items()}
            case list():
                return [self.value(name, each) for each in old]
            case str() if name == "body":
                return json.dumps(self.value("", json.loads(old)))
            case int() | str() if name in _EPOCHS:
                return type(old)(int(old) + self._passed // timedelta(milliseconds=1))
            case str():
                return self._text(name, old)
        return old

    def _text(self, name: str, old: str) -> str:
        if name == "requestTime":
            return self._stamped(old, lambda text: datetime.strptime(text, _GATEWAY).replace(tzinfo=UTC), _GATEWAY)
        if _INSTANT.fullmatch(old):
            return self._stamped(old, datetime.fromisoformat, "%Y-%m-%dT%H:%M:%SZ")
        if _LOCAL.fullmatch(old):
            return f"{datetime.fromisoformat(old[:10]) + self._days:%Y-%m-%d}{old[10:]}"
        return old

    def _stamped(self, old: str, read: Callable[[str], datetime], form: str) -> str:
        return (read(old) + self._passed).astimezone(UTC).strftime(form)


def main(arguments: list[str]) -> int:
    """Print the named event; returns the exit code."""
    if len(arguments) != 1 or arguments[0] not in NAMES:
        print(f"usage: python3 -m commands.event <{'|'.join(NAMES)}>", file=sys.stderr)
        return 2
    print(json.dumps(event(arguments[0], datetime.now(UTC)), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
