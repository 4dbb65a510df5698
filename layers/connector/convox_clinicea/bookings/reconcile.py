"""The ledger against Clinicea's calendar: does what was booked stand there once, and nothing else of ours?

A comparison goes on in parts, each bounded in time and memory, so that it comes to its end on a ledger of any size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from convox_clinicea.bookings.comparable import Cursor, Window, collect
from convox_clinicea.bookings.comparison import ONE_DAY, Comparison, Sources
from convox_clinicea.bookings.findings import Discrepancy, Finding
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.report import Report
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinics import Clinics
from convox_clinicea.deadline import Deadline
from convox_clinicea.errors import FieldProblem, InvalidRequest

__all__ = ["Cursor", "Discrepancy", "Finding", "Reconciler", "Report", "Window"]

YEARS = range(2000, 2200)
WHILE_SOMEBODY_WAITS = 240.0
"""Seconds that a part takes at most when a person has asked for it."""
LOOKING_BACK = timedelta(days=2)
"""How far behind a comparison begins. A start that was booked since the last one, and has passed by now, is compared
all the same, and a night that is lost loses nothing."""


class Reconciler:
    """The service behind `reconcile`; for `number_key` and `by_patient` see `Sources`."""

    def __init__(
        self,
        ledger: Ledger,
        clinicea: Clinicea,
        clinics: Clinics,
        *,
        number_key: Callable[[str], str | None] = lambda _text: None,
        by_patient: bool = True,
    ) -> None:
        self.zone = clinics.zone(None)
        others = (ZoneInfo(name) for name in sorted(clinics.zones) if name != self.zone.key)
        self._sources = Sources(ledger, clinicea, (self.zone, *others), number_key, by_patient)

    def asked_for(self, event: object, now: datetime, deadline: Deadline) -> Report:
        """Compare what an order names: a day or all, from the beginning or from where the part before ended.

        Raises:
            InvalidRequest: it names no such thing.
        """
        day, after = _day_in(event), _cursor_in(event)
        until = deadline.capped(WHILE_SOMEBODY_WAITS)
        return self.compare_all(now, until, after) if day is None else self.compare(day, until, after)

    def compare(self, day: date, deadline: Deadline, after: Cursor | None = None) -> Report:
        """Compare the bookings that begin on `day` in the stack's time zone; a part of them, see `part`."""
        return self.part(Window(self._midnight(day), self._midnight(day + ONE_DAY)), deadline, after)

    def compare_all(self, now: datetime, deadline: Deadline, after: Cursor | None = None) -> Report:
        """Compare all bookings that begin from now on, and those of two days before; a part of them, see `part`."""
        return self.part(Window(now - LOOKING_BACK), deadline, after)

    def part(self, window: Window, deadline: Deadline, after: Cursor | None = None) -> Report:
        """Compare bookings whose start is in `window` with the calendar, as far as time allows.

        Raises:
            CliniceaError: the calendar cannot be read at all.
            LedgerUnavailable: the ledger cannot.
        """
        cursor = after or Cursor()
        chunk = collect(self._sources.ledger, window, deadline, cursor, self._midnight)
        return Comparison(self._sources, chunk, deadline).report(cursor.day)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)


def _day_in(event: object) -> date | None:
    """Return the day that an order names, `{"day": "2026-12-01"}`; None if it names none.

    Raises:
        InvalidRequest: it names something that is no day of a calendar.
    """
    written = event.get("day") if isinstance(event, Mapping) else None
    if written is None:
        return None
    try:
        day = date.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        raise InvalidRequest(FieldProblem("day", f"must be a date YYYY-MM-DD, from {YEARS[0]} to {YEARS[-1]}"))
    return day


def _cursor_in(event: object) -> Cursor | None:
    """Return where an order goes on, as the answer before said; raises InvalidRequest."""
    written = event.get("after") if isinstance(event, Mapping) else None
    if written is None:
        return None
    try:
        return Cursor.model_validate(written)
    except ValidationError:
        pass
    # Raised outside the handler: the library's error holds a key of the ledger.
    raise InvalidRequest(FieldProblem("after", "must be what the answer before said"))
