"""Free times of a clinic's day by Clinicea's calendar, which is kept for seconds for all agents.

What is kept says nothing of a patient: when which clinic and practitioner are busy.
"""

from __future__ import annotations

import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

from convox_clinicea.clinicea.client import Clinicea
from convox_clinicea.clinicea.errors import CliniceaError, UnexpectedAnswer
from convox_clinicea.clinicea.models import Appointment, Status
from convox_clinicea.convox.defaults import RequestDefaults
from convox_clinicea.deadline import Clock, Deadline
from convox_clinicea.items import SCHEMA, require_readable
from convox_clinicea.lookups.free_times import Busy, FreeTime, Wanted, free_times
from convox_clinicea.schedules import Schedule, Schedules
from convox_clinicea.table import ConditionFailed, Item, Put, Table
from convox_clinicea.text import id_key, normalized

SCHEMA_VERSION = 1
FRESH = timedelta(seconds=30)
MOST_AT_ONCE = 4
"""Requests to Clinicea side by side."""
LONGEST = timedelta(minutes=480)
"""Length of the longest appointment, which may have begun on the day before."""
_ATTRIBUTES = frozenset({"pk", "busy", "checked_at", "expires_at", SCHEMA})
_ANY = ""
"""Stands for the clinic of appointments that name none: they are counted at each clinic."""
_Taken = Mapping[str, list[tuple[int, int, str | None, str | None]]]
"""Start and end in seconds since 1970, and the practitioner's id and name, by the key of the clinic's id."""
_SOMEBODY_ELSE = ""


class Calendar(NamedTuple):
    """What is taken, and when Clinicea was asked."""

    taken: _Taken
    checked_at: datetime

    def busy(self, clinic_id: str, schedule: Schedule, wanted: Wanted) -> list[Busy]:
        """Return the busy times that count at a clinic."""
        found = [*self.taken.get(id_key(clinic_id), []), *self.taken.get(_ANY, [])]
        return [
            Busy(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC), _whose(each, schedule, wanted))
            for start, end, *each in found
        ]


def _whose(each: Sequence[str | None], schedule: Schedule, wanted: Wanted) -> str | None:
    """Return the practitioner of an appointment by id, else by name; None if it may be anybody's.

    A name tells something only if all practitioners are listed with theirs: one that fits none of them is somebody
    else's, perhaps at another clinic.
    """
    practitioner_id, name = each
    if practitioner_id is not None:
        return practitioner_id
    is_listed = wanted.practitioner_id is None or schedule.practitioner(wanted.practitioner_id) is not None
    if name is None or not is_listed or not all(known.name for known in schedule.practitioners):
        return None
    fitting = [known.practitioner_id for known in schedule.practitioners if _may_be(known.name or "", name)]
    if len(fitting) > 1:
        return None
    return fitting[0] if fitting else _SOMEBODY_ELSE


def _may_be(one: str, other: str) -> bool:
    """Return whether two names fit: `Dr Kabir Fictionwala` and `kabir  fictionwala`."""
    first, second = (set(re.findall(r"\w+", normalized(name))) for name in (one, other))
    return bool(first and second) and (first <= second or second <= first)


class KeptCalendars:
    """Reads days of all clinics, and keeps them: Clinicea's list of a day has all clinics, so one item serves them all.

    Args:
        minutes: length of an appointment without an end.
    """

    def __init__(self, clinicea: Clinicea, table: Table, clock: Clock, minutes: int) -> None:
        self._clinicea = clinicea
        self._table = table
        self._clock = clock
        self._minutes = minutes

    def days(self, days: Iterable[date], deadline: Deadline) -> dict[date, Calendar | CliniceaError]:
        """Return days that are at most 30 seconds old, or why one cannot be read whole.

        Days that are not kept are read side by side.

        Args:
            days: as Clinicea's lists count them.

        Raises:
            TableUnavailable, UnreadableRecord: what is kept cannot be read.
        """
        found: dict[date, Calendar | CliniceaError] = {}
        wanted = sorted(set(days))
        kept = {day: self._kept(day) for day in wanted}
        found |= {day: calendar for day, calendar in kept.items() if calendar is not None}
        missing = [day for day in wanted if day not in found]
        if len(missing) <= 1:
            read = [self._read(day, deadline) for day in missing]
        else:
            with ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="calendar") as threads:
                read = list(threads.map(lambda day: self._read(day, deadline), missing))
        for day, calendar in zip(missing, read, strict=True):
            found[day] = calendar
            if isinstance(calendar, Calendar):
                self._keep(day, calendar)
        return found

    def _kept(self, day: date) -> Calendar | None:
        item = self._table.get(_key(day))
        require_readable(item or {}, SCHEMA_VERSION, _ATTRIBUTES)
        if item is None:
            return None
        taken: _Taken = json.loads(zlib.decompress(item["busy"]["B"]))
        calendar = Calendar(taken, datetime.fromisoformat(item["checked_at"]["S"]))
        return calendar if self._clock.now() - calendar.checked_at < FRESH else None

    def _read(self, day: date, deadline: Deadline) -> Calendar | CliniceaError:
        asked = self._clock.now()
        try:
            return Calendar(self._taken(self._clinicea.appointments_by_date(day, deadline)), asked)
        except CliniceaError as error:
            return error

    def _keep(self, day: date, read: Calendar) -> None:
        item: Item = {
            "pk": {"S": _key(day)},
            "busy": {"B": zlib.compress(json.dumps(read.taken).encode())},
            "checked_at": {"S": read.checked_at.isoformat()},
            "expires_at": {"N": str(int((read.checked_at + FRESH).timestamp()))},
            SCHEMA: {"N": str(SCHEMA_VERSION)},
        }
        try:
            self._table.put(Put(item, "attribute_exists(pk) OR attribute_not_exists(pk)"))
        except ConditionFailed:
            return  # of a later release: what was read counts, and is not kept

    def _taken(self, appointments: Iterable[Appointment]) -> _Taken:
        taken: dict[str, list[tuple[int, int, str | None, str | None]]] = defaultdict(list)
        for each in appointments:
            if each.status is Status.CANCELLED:
                continue
            if not each.starts:
                raise UnexpectedAnswer("getAppointmentsByDate", detail="an appointment without a start")
            length = timedelta(minutes=self._minutes)
            if each.start is not None and each.end is not None:
                length = max(each.end.astimezone(UTC) - each.start.astimezone(UTC), timedelta(minutes=1))
            clinic = _ANY if each.clinic_id is None else id_key(each.clinic_id)
            for start in sorted(each.starts):  # both of a time that comes twice
                taken[clinic].append((_epoch(start), _epoch(start + length), each.practitioner_id, each.practitioner))
        return taken


def _key(day: date) -> str:
    return f"calendar#{day}"


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())


class DayTimes(NamedTuple):
    """The free times of a day.

    Attributes:
        checked_at: when the calendar was read; None if it could not be: then the times are those of the hours alone.
        failure: why it could not be read.
    """

    day: date
    times: list[FreeTime]
    checked_at: datetime | None
    failure: CliniceaError | None = None


class ClinicTimes:
    """Answers what is free at a clinic that has a schedule."""

    def __init__(
        self,
        schedules: Schedules,
        clinicea: Clinicea,
        calendars: KeptCalendars,
        defaults: RequestDefaults,
        clock: Clock,
    ) -> None:
        self._schedules = schedules
        self._clinicea = clinicea
        self._calendars = calendars
        self._defaults = defaults
        self._clock = clock

    def days(self, clinic_id: str, days: Sequence[date], wanted: Wanted, deadline: Deadline) -> list[DayTimes] | None:
        """Return the free times of some days; None if the clinic's hours are not known.

        A day is asked for only if the hours have room on it.

        Args:
            wanted: with 0 minutes it is as long as its service, else as the deployment's default.

        Raises:
            TableUnavailable, UnreadableRecord: what is kept cannot be read.
        """
        schedule = self._schedules.get(clinic_id)
        if schedule is None or all(schedule.open_spans(day, wanted.practitioner_id) is None for day in days):
            return None
        service = schedule.service(wanted.service)
        minutes = wanted.minutes or (service.minutes if service else self._defaults.default_duration_minutes)
        return self._of(schedule, clinic_id, days, wanted._replace(minutes=minutes), deadline)

    def _of(
        self, schedule: Schedule, clinic_id: str, days: Sequence[date], wanted: Wanted, deadline: Deadline
    ) -> list[DayTimes]:
        zone, now = self._defaults.zone_at(clinic_id), self._clock.now()
        listed = self._clinicea.calendar_zone(clinic_id)
        rooms = {day: free_times(schedule, wanted, day, zone, (), now) for day in days}
        needed = {day: _days_of(room, wanted.minutes, listed) for day, room in rooms.items() if room}
        read = self._calendars.days({each for several in needed.values() for each in several}, deadline)
        found = []
        for day in days:
            calendars = [read[each] for each in needed.get(day, ())]
            failure = next((each for each in calendars if isinstance(each, CliniceaError)), None)
            whole = [each for each in calendars if isinstance(each, Calendar)]
            busy = (
                [each for calendar in whole for each in calendar.busy(clinic_id, schedule, wanted)]
                if failure is None
                else []
            )
            checked = None if failure else min((each.checked_at for each in whole), default=now)
            found.append(DayTimes(day, free_times(schedule, wanted, day, zone, busy, now), checked, failure))
        return found


def _days_of(room: Sequence[FreeTime], minutes: int, listed: tzinfo) -> list[date]:
    """Return the days of Clinicea's lists with the appointments that may overlap these times."""
    first = room[0].start.astimezone(UTC) - LONGEST
    last = room[-1].start.astimezone(UTC) + timedelta(minutes=minutes - 1)
    begin, end = (each.astimezone(listed).date() for each in (first, last))
    return [begin + timedelta(days=each) for each in range((end - begin).days + 1)]
