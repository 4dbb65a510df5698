"""Starts of appointments for measurements of the desk: each once, on working days, within the day's usual hours."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CLINIC_ZONE = ZoneInfo("Asia/Kolkata")
FIRST, EACH, A_DAY = time(10, 0), timedelta(minutes=30), 13
"""10:00 to 16:00, each half hour."""
SATURDAY = 5


def slots(first_day: int, today: date | None = None) -> Iterator[tuple[int, datetime]]:
    """Yield starts in the clinics' zone, naive, from `first_day` days ahead on, each with its days ahead."""
    here = today or datetime.now(CLINIC_ZONE).date()
    for ahead in itertools.count(first_day):
        day = here + timedelta(days=ahead)
        if day.weekday() < SATURDAY:
            for number in range(A_DAY):
                yield ahead, datetime.combine(day, FIRST) + number * EACH
