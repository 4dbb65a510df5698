"""One part of a comparison: a chunk of the ledger's bookings against the calendar, day by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from convox_clinicea.bookings.calendar_days import CalendarDays, DayUnreadable
from convox_clinicea.bookings.comparable import Chunk
from convox_clinicea.bookings.findings import Discrepancy, Finding, Judge
from convox_clinicea.bookings.ledger import Ledger
from convox_clinicea.bookings.record import Booking
from convox_clinicea.bookings.report import Report
from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.errors import CliniceaError, SetupFault, UnexpectedAnswer
from convox_clinicea.clinicea.models import Appointment, Status
from convox_clinicea.deadline import Deadline
from convox_clinicea.normalization import same_id
from convox_clinicea.versions import UnreadableRecord

ONE_DAY = timedelta(days=1)
SECONDS_FOR_A_DAY = 15.0
"""No day but the first is begun with less left."""


@dataclass(frozen=True)
class Sources:
    """What is compared, and how.

    Attributes:
        zones: the stack's own first, then those of its clinics.
        number_key: the HMAC of a number as a list shows it, see `Judge`.
        by_patient: whether the API role may read a patient's appointments.
    """

    ledger: Ledger
    clinicea: Clinicea
    zones: tuple[ZoneInfo, ...]
    number_key: Callable[[str], str | None]
    by_patient: bool


class Comparison:
    """Compares one chunk."""

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
            number_key=sources.number_key,
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
                    return self._report(compared, found, unread, in_a_row[0])  # perhaps only the time was short
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
        # A clinic's day is that of its zone; a start that was shifted may stand on the day before or after.
        own_days = {each.start.astimezone(zone).date() for each in bookings for zone in self._sources.zones}
        self._days.load((each + shift * ONE_DAY for each in own_days for shift in (-1, 0, 1)), self._deadline)
        found = [each for booking in bookings for each in self._judge.judge(booking)]
        return found + self._unknown(day)

    def _unknown(self, day: date) -> list[Discrepancy]:
        """Return the day's appointments that bear the reference of a booking that the ledger does not have."""
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
        """Return a booked appointment that is on none of the days read, by the patient's own list."""
        if not self._by_patient or booking.patient_id is None:
            return None
        try:
            found = self._sources.clinicea.appointments_by_patient(booking.patient_id, self._deadline)
        except SetupFault:
            self._by_patient = False  # the role may not; nor may it for the next one
            return None
        except UnexpectedAnswer:
            return None
        return next((each for each in found if same_id(each.appointment_id, booking.appointment_id)), None)
