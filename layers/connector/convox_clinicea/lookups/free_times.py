"""Free times of a day, computed from a clinic's schedule and what its calendar has already.

Clinicea has no known call for them. Nothing here reads a clock, a table or Clinicea.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from convox_clinicea.schedules import Schedule, first_instant, instants_at
from convox_clinicea.text import id_key


class Busy(NamedTuple):
    """A time at which a calendar is taken; without a practitioner it is taken for all of them."""

    start: datetime
    end: datetime
    practitioner_id: str | None = None


class FreeTime(NamedTuple):
    """A start, in the clinic's zone, with the practitioners who are free; empty where nobody is named."""

    start: datetime
    practitioner_ids: tuple[str, ...]


class Wanted(NamedTuple):
    """What free times are asked for.

    Attributes:
        minutes: length of the appointment.
        practitioner_id: None for any.
        service: only practitioners who give it are offered, if it is listed.
    """

    minutes: int
    practitioner_id: str | None = None
    service: str | None = None


def free_times(
    schedule: Schedule, wanted: Wanted, day: date, zone: ZoneInfo, busy: Sequence[Busy], now: datetime
) -> list[FreeTime]:
    """Return the free starts of a day in order; none if no hours are known.

    A start lies on the grid, which begins anew with each span of hours, and the appointment ends within that span. A
    start that comes twice, because clocks go back, is not offered: Clinicea's times have no offset.
    """
    if not 0 <= (day - now.astimezone(zone).date()).days <= schedule.horizon_days:
        return []
    earliest = now + timedelta(minutes=schedule.lead_minutes)
    found: dict[datetime, list[str]] = {}
    for practitioner_id in _calendars(schedule, wanted):
        taken = [each for each in busy if _is_taken_for(each, practitioner_id)]
        for start, end in _slots(schedule, wanted.minutes, practitioner_id, day, zone):
            if start >= earliest and not any(start < each.end and each.start < end for each in taken):
                named = found.setdefault(start, [])
                named += [] if practitioner_id is None else [practitioner_id]
    return [FreeTime(start.astimezone(zone), tuple(found[start])) for start in sorted(found)]


def _calendars(schedule: Schedule, wanted: Wanted) -> list[str | None]:
    """Return the practitioners who may be booked; None where the clinic is one calendar."""
    offered: list[str | None] = [each.practitioner_id for each in schedule.practitioners]
    if wanted.practitioner_id is not None or not offered:
        offered = [wanted.practitioner_id]
    service = schedule.service(wanted.service)
    return [each for each in offered if service is None or each is None or service.is_given_by(each)]


def _is_taken_for(busy: Busy, practitioner_id: str | None) -> bool:
    if busy.practitioner_id is None or practitioner_id is None:
        return True
    return id_key(busy.practitioner_id) == id_key(practitioner_id)


def _slots(
    schedule: Schedule, minutes: int, practitioner_id: str | None, day: date, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    """Yield start and end in UTC of each appointment that the hours have room for."""
    for span in schedule.open_spans(day, practitioner_id) or ():
        closes = first_instant(day, span.end, zone)
        for minute in range(span.start, span.end, schedule.grid_minutes or minutes):
            instants = instants_at(day, minute, zone)
            if len(instants) == 1 and instants[0] + timedelta(minutes=minutes) <= closes:
                yield instants[0], instants[0] + timedelta(minutes=minutes)
