"""Reconciliation: compares the ledger with Clinicea's calendar.

A comparison runs in parts, each bounded in time and memory, so that it finishes on a ledger of any size.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from convox_clinicea.bookings.compared import CalendarDays, Chunk, Cursor, DayUnreadable, Window, collect
from convox_clinicea.bookings.findings import Discrepancy, Finding, Judge, Report
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.persons import Key, Persons
from convox_clinicea.bookings.record import Booking
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.errors import CliniceaError, SetupFault, UnexpectedAnswer
from convox_clinicea.clinicea.models import Appointment, Status
from convox_clinicea.deadline import Deadline
from convox_clinicea.deployment_documents import Clinics
from convox_clinicea.errors import FieldProblem, InvalidRequest
from convox_clinicea.items import UnreadableRecord
from convox_clinicea.text import same_id

ONE_DAY = timedelta(days=1)
WANTED = frozenset({Finding.CANCELLED, Finding.MISSING, Finding.MOVED})
"""What a person does to an appointment that is to be cancelled in Clinicea."""
SECONDS_FOR_A_DAY = 15.0
"""Seconds that must be left to begin a day; the first day is always begun."""


@dataclass(frozen=True)
class Sources:
    """Sources of a comparison.

    Attributes:
        zones: the stack's time zone first, then those of its clinics.
        persons: compares the persons of bookings and appointments.
        by_patient: whether the API role may read a patient's appointments.
        wanted_away: whether a person was asked to cancel the booking's appointment in Clinicea.
    """

    ledger: Ledger
    clinicea: Clinicea
    zones: tuple[ZoneInfo, ...]
    persons: Persons
    by_patient: bool
    wanted_away: Callable[[Booking], bool]


class Comparison:
    """Comparison of one chunk with the calendar."""

    def __init__(self, sources: Sources, chunk: Chunk, deadline: Deadline) -> None:
        self._sources = sources
        self._chunk = chunk
        self._deadline = deadline
        self._days = CalendarDays(sources.clinicea)
        self._ids = {each.booking_id for each in chunk.bookings}
        self._by_patient = sources.by_patient
        self._judge = Judge(
            self._days,
            owner_of=sources.ledger.owner_of,
            elsewhere=self._elsewhere,
            persons=sources.persons,
        )

    def report(self, begin: date | None = None) -> Report:
        """Compare day by day until all are done or time is short; raises CliniceaError if no day can be read.

        Args:
            begin: the first day that is compared.
        """
        found: list[Discrepancy] = []
        compared, unread, in_a_row = 0, list[date](), list[date]()
        for day, bookings in self._days_of_chunk(begin):
            if (compared or in_a_row) and self._deadline.remaining() < SECONDS_FOR_A_DAY:
                return self._report(compared, found, unread + in_a_row, day)
            try:
                found += self._compare(day, bookings)
            except DayUnreadable:
                in_a_row.append(day)
                if compared and self._deadline.remaining() < SECONDS_FOR_A_DAY:
                    return self._report(compared, found, unread, in_a_row[0])  # perhaps only because time was short
                continue
            except CliniceaError:
                if not compared:
                    raise
                return self._report(compared, found, unread, (*in_a_row, day)[0])
            compared += len(bookings)
            unread, in_a_row = unread + in_a_row, []
        if in_a_row and not compared and self._days.failure is not None:
            raise self._days.failure
        return self._report(compared, found, unread + in_a_row, None)

    def _report(self, compared: int, found: list[Discrepancy], unread: list[date], day: date | None) -> Report:
        place = self._chunk.place.model_copy(update={"day": day})
        after = self._chunk.after if day is None else place
        return Report(compared, tuple(found), self._chunk.unreadable, tuple(unread), after)

    def _days_of_chunk(self, begin: date | None) -> list[tuple[date, list[Booking]]]:
        by_day: dict[date, list[Booking]] = defaultdict(list)
        for booking in self._chunk.bookings:
            by_day[booking.start.astimezone(self._sources.zones[0]).date()].append(booking)
        return sorted((day, bookings) for day, bookings in by_day.items() if begin is None or day >= begin)

    def _compare(self, day: date, bookings: list[Booking]) -> list[Discrepancy]:
        # A clinic's day is that of its zone; a shifted start may be on the day before or after.
        own_days = {each.start.astimezone(zone).date() for each in bookings for zone in self._sources.zones}
        self._days.load((each + shift * ONE_DAY for each in own_days for shift in (-1, 0, 1)), self._deadline)
        found = [each for booking in bookings for each in self._unexpected_of(booking)]
        return found + self._unknown(day)

    def _unexpected_of(self, booking: Booking) -> list[Discrepancy]:
        """Return a booking's discrepancies without those that somebody asked for at the desk."""
        found = self._judge.judge(booking)
        if any(each.finding in WANTED for each in found) and self._sources.wanted_away(booking):
            return [each for each in found if each.finding not in WANTED]
        return found

    def _unknown(self, day: date) -> list[Discrepancy]:
        """Return the day's appointments with the reference of a booking that is not in the ledger."""
        found = []
        for booking_id, entries in self._days.references_on(day).items():
            appointments = (each.appointment for each in entries)
            standing = tuple(each.appointment_id for each in appointments if each.status is not Status.CANCELLED)
            if standing and booking_id not in self._ids and self._is_unknown(booking_id):
                found.append(Discrepancy(Finding.UNEXPECTED, booking_id, standing))
        return found

    def _is_unknown(self, booking_id: str) -> bool:
        try:
            return self._sources.ledger.get(booking_id) is None
        except UnreadableRecord:
            return False

    def _elsewhere(self, booking: Booking) -> Appointment | None:
        """Return a booked appointment on a day that was not read, from the patient's list."""
        if not self._by_patient or booking.patient_id is None:
            return None
        try:
            found = self._sources.clinicea.appointments_by_patient(booking.patient_id, self._deadline)
        except SetupFault:
            self._by_patient = False  # the role may not read it, for any patient
            return None
        except UnexpectedAnswer:
            return None
        return next((each for each in found if same_id(each.appointment_id, booking.appointment_id)), None)


__all__ = ["Cursor", "Discrepancy", "Finding", "Reconciler", "Report", "Window"]

YEARS = range(2000, 2200)
WHILE_SOMEBODY_WAITS = 240.0
"""Longest duration in seconds of a part that an operator requests."""
LOOKING_BACK = timedelta(days=2)
"""How far in the past a comparison begins, so that starts that were booked and passed since the last one are compared,
and a missed night loses nothing."""


class Reconciler:
    """The service behind `reconcile`; for the keys and `country` see `Persons`, for the others `Sources`."""

    def __init__(
        self,
        ledger: Ledger,
        clinicea: Clinicea,
        clinics: Clinics,
        *,
        number_key: Key = lambda _text: None,
        name_key: Key = lambda _text: None,
        country: str = "IN",
        by_patient: bool = True,
        wanted_away: Callable[[Booking], bool] = lambda _booking: False,
    ) -> None:
        self.zone = clinics.zone(None)
        others = (ZoneInfo(name) for name in sorted(clinics.zones) if name != self.zone.key)
        persons = Persons(number_key, name_key, country)
        self._sources = Sources(ledger, clinicea, (self.zone, *others), persons, by_patient, wanted_away)

    def asked_for(self, event: object, now: datetime, deadline: Deadline) -> Report:
        """Compare as an operator's request says: one day or all, from the beginning or from the end of a part.

        Raises:
            InvalidRequest: the day or the position is invalid.
        """
        day, after = _day_in(event), _cursor_in(event)
        until = deadline.capped(WHILE_SOMEBODY_WAITS)
        return self.compare_all(now, until, after) if day is None else self.compare(day, until, after)

    def compare(self, day: date, deadline: Deadline, after: Cursor | None = None) -> Report:
        """Compare one part of the bookings that start on `day` in the stack's time zone, see `part`."""
        return self.part(Window(self._midnight(day), self._midnight(day + ONE_DAY)), deadline, after)

    def compare_all(self, now: datetime, deadline: Deadline, after: Cursor | None = None) -> Report:
        """Compare one part of the bookings that start later than two days ago, see `part`."""
        return self.part(Window(now - LOOKING_BACK), deadline, after)

    def part(self, window: Window, deadline: Deadline, after: Cursor | None = None) -> Report:
        """Compare bookings whose start is in `window` with the calendar, as far as time allows.

        Raises:
            CliniceaError: no day of the calendar can be read.
            TableUnavailable: the ledger cannot be read.
        """
        cursor = after or Cursor()
        chunk = collect(self._sources.ledger, window, deadline, cursor, self._midnight)
        return Comparison(self._sources, chunk, deadline).report(cursor.day)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)


def _day_in(event: object) -> date | None:
    """Return the day of a request such as `{"day": "2026-12-01"}`; None if it has none.

    Raises:
        InvalidRequest: `day` is not a valid date.
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
    """Return the position from the previous answer; raises InvalidRequest."""
    written = event.get("after") if isinstance(event, Mapping) else None
    if written is None:
        return None
    try:
        return Cursor.model_validate(written)
    except ValidationError:
        pass
    # Raised outside the handler: the library's error holds a key of the ledger.
    raise InvalidRequest(FieldProblem("after", "must be the value from the previous answer"))
